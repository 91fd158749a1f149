#include "etch/io/pickle_text.hpp"

#include <span>
#include <string_view>

namespace etch::detail {
namespace {

using Raw = std::span<const std::uint8_t>;

/// Takes a character below 256 off a text in UTF-8, or returns -1.
int next_latin1(Raw& text) {
  const int first = text[0];
  if (first < 0x80) {
    text = text.subspan(1);
    return first;
  }
  // Two bytes: 110000xx 10xxxxxx, and not those that would do with one.
  if (text.size() < 2 || (first != 0xc2 && first != 0xc3) || (text[1] & 0xc0) != 0x80) return -1;
  const int character = (first & 3) << 6 | (text[1] & 0x3f);
  text = text.subspan(2);
  return character;
}

int digit(std::uint8_t c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// Takes a byte off a text as Python 2 prints it, or returns -1.
int next_quoted(Raw& text) {
  const int first = text[0];
  text = text.subspan(1);
  if (first != '\\') return first;
  if (text.empty()) return -1;
  const std::uint8_t kind = text[0];
  text = text.subspan(1);
  if (kind == 'x') {
    if (text.size() < 2 || digit(text[0]) < 0 || digit(text[1]) < 0) return -1;
    const int byte = digit(text[0]) * 16 + digit(text[1]);
    text = text.subspan(2);
    return byte;
  }
  static constexpr std::string_view escaped = "\\'\"ntr", meant = "\\'\"\n\t\r";
  const auto which = escaped.find(static_cast<char>(kind));
  return which == escaped.npos ? -1 : static_cast<unsigned char>(meant[which]);
}

}  // namespace

std::optional<std::vector<std::uint8_t>> decode(const PickleString& string) {
  using Form = PickleString::Form;
  if (string.form == Form::bytes) return std::vector(string.raw.begin(), string.raw.end());
  if (string.form == Form::text) return std::nullopt;
  std::vector<std::uint8_t> bytes;
  bytes.reserve(string.raw.size());
  for (Raw rest = string.raw; !rest.empty();) {
    const int byte = string.form == Form::latin1 ? next_latin1(rest) : next_quoted(rest);
    if (byte < 0) return std::nullopt;
    bytes.push_back(static_cast<std::uint8_t>(byte));
  }
  return bytes;
}

}  // namespace etch::detail
