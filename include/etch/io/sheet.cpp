#include "etch/io/sheet.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <string_view>
#include <vector>

#include "etch/base/round.hpp"
#include "etch/io/fail.hpp"
#include "etch/io/png.hpp"

namespace etch {
namespace {

constexpr std::size_t glyph_width = 5, glyph_height = 7, pitch = glyph_width + 1;
constexpr std::size_t margin = 2;  // around a cell, and above its caption
constexpr std::uint8_t frame = 96, ink = 255;

struct Glyph {
  char character;
  std::array<std::string_view, glyph_height> rows;
};

// clang-format off
constexpr std::array<Glyph, 22> font{{
  {' ', {".....", ".....", ".....", ".....", ".....", ".....", "....."}},
  {'>', {"#....", ".#...", "..#..", "...#.", "..#..", ".#...", "#...."}},
  {'0', {".###.", "#...#", "#..##", "#.#.#", "##..#", "#...#", ".###."}},
  {'1', {"..#..", ".##..", "..#..", "..#..", "..#..", "..#..", ".###."}},
  {'2', {".###.", "#...#", "....#", "...#.", "..#..", ".#...", "#####"}},
  {'3', {"#####", "...#.", "..#..", "...#.", "....#", "#...#", ".###."}},
  {'4', {"...#.", "..##.", ".#.#.", "#..#.", "#####", "...#.", "...#."}},
  {'5', {"#####", "#....", "####.", "....#", "....#", "#...#", ".###."}},
  {'6', {"..##.", ".#...", "#....", "####.", "#...#", "#...#", ".###."}},
  {'7', {"#####", "....#", "...#.", "..#..", ".#...", ".#...", ".#..."}},
  {'8', {".###.", "#...#", "#...#", ".###.", "#...#", "#...#", ".###."}},
  {'9', {".###.", "#...#", "#...#", ".####", "....#", "...#.", ".##.."}},
  {'A', {".###.", "#...#", "#...#", "#####", "#...#", "#...#", "#...#"}},
  {'B', {"####.", "#...#", "#...#", "####.", "#...#", "#...#", "####."}},
  {'C', {".###.", "#...#", "#....", "#....", "#....", "#...#", ".###."}},
  {'D', {"####.", "#...#", "#...#", "#...#", "#...#", "#...#", "####."}},
  {'E', {"#####", "#....", "#....", "####.", "#....", "#....", "#####"}},
  {'F', {"#####", "#....", "#....", "####.", "#....", "#....", "#...."}},
  {'G', {".###.", "#...#", "#....", "#.###", "#...#", "#...#", ".####"}},
  {'H', {"#...#", "#...#", "#...#", "#####", "#...#", "#...#", "#...#"}},
  {'I', {".###.", "..#..", "..#..", "..#..", "..#..", "..#..", ".###."}},
  {'J', {"..###", "...#.", "...#.", "...#.", "...#.", "#..#.", ".##.."}},
}};
// clang-format on

const Glyph* find(char character) {
  const auto found = std::ranges::find(font, character, &Glyph::character);
  return found == font.end() ? nullptr : &*found;
}

void draw(std::string_view caption, std::uint8_t* at, std::size_t stride) {
  for (char character : caption) {
    const Glyph& glyph = *find(character);
    for (std::size_t y = 0; y < glyph_height; ++y) {
      for (std::size_t x = 0; x < glyph_width; ++x) {
        if (glyph.rows[y][x] == '#') at[y * stride + x] = ink;
      }
    }
    at += pitch;
  }
}

void check(const std::filesystem::path& path, std::span<const SheetCell> cells, std::size_t size,
           std::size_t columns) {
  if (cells.empty() || columns == 0 || size == 0) {
    detail::refuse(path,
                   fmt::format("pictures in columns expected, {} of {} pixels in {} columns "
                               "found",
                               cells.size(), size, columns),
                   "give one or more");
  }
  for (const SheetCell& cell : cells) {
    if (cell.picture.size() != size) {
      detail::refuse(
          path,
          fmt::format("pictures of {} pixels expected, one of {} found", size, cell.picture.size()),
          "give pictures of one size");
    }
    if (!std::ranges::all_of(cell.caption, find)) {
      detail::refuse(path,
                     fmt::format("captions of A to J, digits, '>' and blanks expected, "
                                 "\"{}\" found",
                                 cell.caption),
                     "write it with these");
    }
  }
}

}  // namespace

std::vector<std::uint8_t> gray_bytes(const Pictures& pictures, std::size_t i) {
  if (const std::uint8_t* bytes = pictures.bytes(i)) return {bytes, bytes + pictures.values()};
  std::vector<float> values(pictures.values());
  std::memcpy(values.data(), pictures.floats(i), values.size() * sizeof(float));
  std::vector<std::uint8_t> bytes;
  for (const float value : values) {
    const float byte = std::isnan(value) ? 0 : std::clamp(value * 255 + 127.5f, 0.0f, 255.0f);
    bytes.push_back(static_cast<std::uint8_t>(std::lround(byte)));
  }
  return bytes;
}

void write_sheet(const std::filesystem::path& path, std::span<const SheetCell> cells,
                 std::size_t picture_width, std::size_t picture_height, std::size_t columns) {
  check(path, cells, picture_width * picture_height, columns);
  std::size_t longest = 0;
  for (const SheetCell& cell : cells) longest = std::max(longest, cell.caption.size());
  columns = std::min(columns, cells.size());
  const std::size_t caption_height = longest == 0 ? 0 : margin + glyph_height;
  const std::size_t across = std::max(picture_width, longest * pitch) + 2 * margin;
  const std::size_t down = picture_height + caption_height + 2 * margin;
  const std::size_t width = columns * across, height = ceil_div(cells.size(), columns) * down;
  std::vector<std::uint8_t> sheet(width * height, frame);
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const std::uint8_t* from = cells[i].picture.data();
    std::uint8_t* corner = &sheet[(i / columns * down + margin) * width + i % columns * across];
    std::uint8_t* to = corner + (across - picture_width) / 2;
    for (std::size_t y = 0; y < picture_height; ++y) {
      std::memcpy(to + y * width, from + y * picture_width, picture_width);
    }
    const std::size_t blank = across - (cells[i].caption.size() * pitch);
    draw(cells[i].caption, corner + (picture_height + margin) * width + blank / 2, width);
  }
  write_png(path, sheet, width, height);
}

}  // namespace etch
