#ifndef ETCH_META_TEXT_HPP
#define ETCH_META_TEXT_HPP

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace etch::meta {

/// Text of which the compiler knows all characters: its size is in its type.
template <std::size_t Size>
struct Text {
  char characters[Size + 1] = {};

  constexpr Text() = default;
  constexpr Text(const char (&literal)[Size + 1]) {  // NOLINT: converts on purpose
    std::copy_n(literal, Size, characters);
  }
  constexpr explicit Text(std::string_view view) { std::copy_n(view.data(), Size, characters); }
  constexpr operator std::string_view() const { return {characters, Size}; }  // NOLINT

  template <std::size_t Other>
  friend constexpr Text<Size + Other> operator+(const Text& a, const Text<Other>& b) {
    Text<Size + Other> joined;
    std::copy_n(b.characters, Other, std::copy_n(a.characters, Size, joined.characters));
    return joined;
  }
};

template <std::size_t SizeWithEnd>
Text(const char (&)[SizeWithEnd]) -> Text<SizeWithEnd - 1>;

constexpr std::size_t digits(std::size_t number) {
  return number < 10 ? 1 : 1 + digits(number / 10);
}

/// `Number` in decimal.
template <std::size_t Number>
constexpr auto decimal() {
  Text<digits(Number)> text;
  std::size_t rest = Number;
  for (std::size_t i = digits(Number); i-- > 0; rest /= 10) {
    text.characters[i] = static_cast<char>('0' + rest % 10);
  }
  return text;
}

}  // namespace etch::meta

#endif
