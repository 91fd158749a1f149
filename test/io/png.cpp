#include <algorithm>
#include <filesystem>
#include <iterator>
#include <utility>

#include "catch.hpp"
#include "etch/base/error.hpp"
#include "etch/io/fit_picture.hpp"
#include "etch/io/new_file.hpp"
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

TEST_CASE("a written picture reads as it was, whatever its shape", "[io][png]") {
  const Folder folder;
  const Bytes gray{0, 1, 2, 253, 254, 255};
  for (const auto& [width, height] : {std::pair{3, 2}, {2, 3}, {6, 1}, {1, 6}}) {
    const auto wide = static_cast<std::size_t>(width), high = static_cast<std::size_t>(height);
    etch::write_png(folder / "x.png", gray, wide, high);
    const etch::GrayPicture picture = etch::read_png(folder / "x.png");
    CHECK(picture.width == wide);
    CHECK(picture.height == high);
    CHECK(picture.pixels == gray);
  }
  CHECK(std::distance(std::filesystem::directory_iterator(folder.path()), {}) == 1);  // no rests
}

TEST_CASE("what cannot be written as PNG is an error, and nothing is left", "[io][png]") {
  const Folder folder;
  const Bytes gray(6);
  const auto refused = [](const std::filesystem::path& path, const Bytes& pixels, std::size_t width,
                          std::size_t height) {
    CHECK_THROWS_AS(etch::write_png(path, pixels, width, height), etch::Error);
  };
  refused(folder / "x.png", gray, 3, 3);
  refused(folder / "x.png", {}, 0, 0);
  refused(folder / "x.png", gray, 3, std::size_t{1} << 63);  // whose product would be 0
  refused(folder / "nowhere" / "x.png", gray, 3, 2);
  refused(folder.path(), gray, 3, 2);
  refused("/dev/null", gray, 3, 2);
  CHECK(std::filesystem::is_character_file("/dev/null"));
  CHECK(std::filesystem::is_empty(folder.path()));
}

TEST_CASE("a file that is written anew is the old one until it is whole", "[io]") {
  const Folder folder;
  const Bytes old{1, 2, 3};
  const auto path = folder.write("file", old);
  std::filesystem::create_symlink("file", folder / "link");
  {
    etch::detail::NewFile unfinished(folder / "link");
    unfinished.write(Bytes(100'000));
    CHECK(std::filesystem::file_size(path) == 3);
  }
  CHECK(std::filesystem::file_size(path) == 3);
  etch::detail::NewFile file(folder / "link");
  file.write(Bytes(5));
  file.finish();
  CHECK(std::filesystem::file_size(path) == 5);
  CHECK(std::filesystem::is_symlink(folder / "link"));
  CHECK(std::distance(std::filesystem::directory_iterator(folder.path()), {}) == 2);
}

TEST_CASE("what cannot be read as PNG is an error that says why", "[io][png]") {
  const Folder folder;
  const auto why_not = [](const std::filesystem::path& path) -> std::string {
    try {
      etch::read_png(path);
    } catch (const etch::Error& error) {
      return error.what();
    }
    return "";
  };
  CHECK_THAT(why_not(folder / "nowhere.png"), ContainsSubstring("No such file"));
  CHECK_THAT(why_not(folder.path()), ContainsSubstring("a folder or device found"));
  CHECK_THAT(why_not(folder.write("empty.png", {})), ContainsSubstring("a PNG picture expected, "));
  CHECK_THAT(why_not(folder.write("half.png", cut(letter(1), 200))),
             ContainsSubstring("a whole PNG picture expected, "));
  // Its header alone is there, and must be enough to refuse it.
  const Bytes wide = png(Bytes(2 * 100'000 / 8), {.height = 2, .width = 100'000, .bit_depth = 1});
  CHECK_THAT(why_not(folder.write("wide.png", cut(wide, 60))),
             ContainsSubstring("at most 8192x8192 pixels expected, 100000x2 (width x height)"));
}

TEST_CASE("a picture fits into another size by the mean of what each pixel covers", "[io][png]") {
  const auto fit = [](std::size_t width, std::size_t height, const Bytes& pixels,
                      std::size_t new_width, std::size_t new_height) {
    return etch::fit_picture({width, height, pixels}, new_width, new_height);
  };
  CHECK(fit(28, 28, pixels(1), 28, 28) == pixels(1));
  CHECK(fit(2, 2, {0, 10, 20, 30}, 1, 1) == Bytes{15});
  CHECK(fit(1, 1, {7}, 1, 4) == Bytes{0, 7, 0, 0});       // in the middle, or above it
  CHECK(fit(3, 1, {30, 60, 90}, 2, 1) == Bytes{40, 80});  // 30 and half of 60
  CHECK(fit(2, 2, {1, 2, 3, 4}, 4, 4) == Bytes{1, 1, 2, 2, 1, 1, 2, 2, 3, 3, 4, 4, 3, 3, 4, 4});
  CHECK(fit(4, 2, Bytes(8, 9), 4, 4) == Bytes{0, 0, 0, 0, 9, 9, 9, 9, 9, 9, 9, 9, 0, 0, 0, 0});
  CHECK(fit(2, 4, Bytes(8, 9), 4, 4) == Bytes{0, 9, 9, 0, 0, 9, 9, 0, 0, 9, 9, 0, 0, 9, 9, 0});
  CHECK(fit(1, 1'000, Bytes(1'000, 200), 2, 3) == Bytes{200, 0, 200, 0, 200, 0});  // never none
  CHECK(fit(1'000, 1'000, Bytes(1'000'000, 255), 28, 28) == Bytes(28 * 28, 255));
  CHECK(fit(17, 31, Bytes(17 * 31, 255), 17 * 28, 31 * 28) == Bytes(17 * 28 * 31 * 28, 255));
}
