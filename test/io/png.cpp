#include <algorithm>

#include "catch.hpp"
#include "etch/io/png.hpp"
#include "etch/io/walk.hpp"
#include "make.hpp"

using Catch::Matchers::ContainsSubstring;
using namespace etch::test;

namespace {

Bytes decoded(const Bytes& file, std::size_t height = 28, std::size_t width = 28) {
  Bytes gray(height * width);
  etch::detail::decode_png(file, height, width, gray.data());
  return gray;
}

std::string why(const Bytes& file, std::size_t height = 28, std::size_t width = 28) {
  try {
    decoded(file, height, width);
  } catch (const etch::detail::Unusable& error) {
    return error.what();
  }
  return "";
}

/// The PNG color types besides gray, 0.
constexpr int rgb = 2, indexed = 3, gray_alpha = 4, rgb_alpha = 6;

}  // namespace

TEST_CASE("8-bit gray pictures come through as they are", "[io][png]") {
  CHECK(decoded(letter(1)) == pixels(1));
  CHECK(decoded(png(pixels(2), {.interlaced = true})) == pixels(2));
  const Bytes rows{0, 1, 2, 253, 254, 255};
  CHECK(decoded(png(rows, {.height = 2, .width = 3}), 2, 3) == rows);
}

TEST_CASE("other kinds of PNG become 8-bit gray", "[io][png]") {
  const auto two = [](const Bytes& rows, Png kind) {
    kind.height = 1;
    kind.width = 2;
    return decoded(png(rows, kind), 1, 2);
  };
  CHECK(two({0b10'000000}, {.bit_depth = 1}) == Bytes{255, 0});
  CHECK(two({0x3C}, {.bit_depth = 4}) == Bytes{51, 204});
  CHECK(two({0x80, 0x80, 0xFF, 0xFF}, {.bit_depth = 16}) == Bytes{0x80, 0xFF});
  CHECK(two({90, 90, 90, 255, 255, 255}, {.color_type = rgb}) == Bytes{90, 255});
  CHECK(two({1, 0}, {.color_type = indexed, .palette = {7, 7, 7, 200, 200, 200}}) == Bytes{200, 7});
  CHECK(two({77, 255, 77, 0}, {.color_type = gray_alpha}) == Bytes{77, 0});
  CHECK(two({8, 8, 8, 255, 8, 8, 8, 0}, {.color_type = rgb_alpha}) == Bytes{8, 0});

  // Green is brighter than red, and red brighter than blue.
  const Bytes green_red = two({0, 200, 0, 200, 0, 0}, {.color_type = rgb});
  const Bytes blue_black = two({0, 0, 200, 0, 0, 0}, {.color_type = rgb});
  CHECK(green_red[0] > green_red[1]);
  CHECK(green_red[1] > blue_black[0]);
  CHECK(blue_black[0] > blue_black[1]);
}

TEST_CASE("a picture of another size is named by its size, before it is decoded", "[io][png]") {
  const Bytes high = png(Bytes(30 * 28), {.height = 30, .width = 28});
  CHECK(why(high) == "28x28 (height x width) expected, 30x28 found");
  const Bytes wide = png(Bytes(28 * 30), {.height = 28, .width = 30});
  CHECK(why(wide) == "28x28 (height x width) expected, 28x30 found");

  // Cut off: only the header can have been looked at.
  Bytes bomb = png(Bytes(2 * 100'000 / 8), {.height = 2, .width = 100'000, .bit_depth = 1});
  CHECK(why(cut(bomb, 60)) == "28x28 (height x width) expected, 2x100000 found");
}

TEST_CASE("what is no whole PNG picture is named as such", "[io][png]") {
  CHECK(why({}) == "a PNG picture expected, an empty file found");
  CHECK_THAT(why({'n', 'o', ' ', 'P', 'N', 'G', '!', '!', '!'}),
             ContainsSubstring("a PNG picture expected, ") && ContainsSubstring("PNG"));
  CHECK_THAT(why(Bytes(5'000, 0xAB)), ContainsSubstring("a PNG picture expected, "));

  const Bytes good = letter(3);
  for (std::size_t size = 0; size + 12 < good.size(); ++size) {  // 12: the last chunk, empty
    CHECK_THAT(why(cut(good, size)), ContainsSubstring("PNG picture expected, "));
  }
}

TEST_CASE("no changed byte of a picture does harm", "[io][png]") {
  const Bytes good = letter(4);
  std::size_t refused = 0;
  for (std::size_t i = 0; i < good.size(); ++i) {
    Bytes bad = good;
    bad[i] ^= 0x41;
    refused += why(bad).empty() ? 0 : 1;
  }
  CHECK(refused > good.size() * 9 / 10);  // the data have check sums, the last chunk is not needed
}
