#include "etch/io/sheet.hpp"

#include <string>
#include <vector>

#include "catch.hpp"
#include "etch/base/error.hpp"
#include "etch/io/png.hpp"
#include "make.hpp"

using namespace etch;
using namespace etch::test;

namespace {

/// The sheet's pixels, a character each: '#' white, '.' frame, digits the pictures' own values.
std::vector<std::string> drawn(const std::vector<SheetCell>& cells, std::size_t width,
                               std::size_t height, std::size_t columns) {
  const Folder folder;
  write_sheet(folder / "sheet.png", cells, width, height, columns);
  const GrayPicture sheet = read_png(folder / "sheet.png");
  std::vector<std::string> rows(sheet.height);
  for (std::size_t i = 0; i < sheet.pixels.size(); ++i) {
    const std::uint8_t p = sheet.pixels[i];
    rows[i / sheet.width] += p == 255 ? '#' : p < 10 ? static_cast<char>('0' + p) : '.';
  }
  return rows;
}

}  // namespace

TEST_CASE("a sheet has its pictures in rows, each framed", "[io][sheet]") {
  const Bytes one{1, 1}, two{2, 3}, three{4, 5};
  const std::vector<std::string> rows{
      "............", "............", "..11....23..", "............", "............",  //
      "............", "............", "..45........", "............", "............"};
  CHECK(drawn({{one, ""}, {two, ""}, {three, ""}}, 2, 1, 2) == rows);
}

TEST_CASE("captions stand below their pictures, in the middle", "[io][sheet]") {
  const Bytes pixel{7};
  const auto sheet = drawn({{pixel, "B>"}}, 1, 1, 10);
  REQUIRE(sheet.size() == 14);
  CHECK(sheet[2] == ".......7........");
  CHECK(sheet[5] == "..####..#.......");
  CHECK(sheet[8] == "..####.....#....");
  CHECK(sheet[11] == "..####..#.......");
  CHECK(sheet[12] == "................");
}

TEST_CASE("every caption that is promised can be drawn, and no other", "[io][sheet]") {
  const Bytes pixel{7};
  const std::string promised = "ABCDEFGHIJ 0123456789 >";
  std::vector<std::vector<std::string>> glyphs;
  for (char character : promised) {
    auto glyph = drawn({{pixel, std::string(1, character)}}, 1, 1, 1);
    if (character != ' ') {
      for (const auto& other : glyphs) CHECK(glyph != other);
      glyphs.push_back(std::move(glyph));
    }
  }
  CHECK(glyphs.size() == 21);
  const Folder folder;
  CHECK_THROWS_AS(write_sheet(folder / "x.png", std::vector<SheetCell>{{pixel, "%"}}, 1, 1, 1),
                  Error);
  CHECK_THROWS_AS(write_sheet(folder / "x.png", std::vector<SheetCell>{{pixel, "A"}}, 2, 1, 1),
                  Error);
  CHECK_THROWS_AS(write_sheet(folder / "x.png", std::vector<SheetCell>{{pixel, "A"}}, 1, 1, 0),
                  Error);
  CHECK_THROWS_AS(write_sheet(folder / "x.png", {}, 1, 1, 1), Error);
  CHECK(std::filesystem::is_empty(folder.path()));
}
