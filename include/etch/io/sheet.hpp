#ifndef ETCH_IO_SHEET_HPP
#define ETCH_IO_SHEET_HPP

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "etch/base/pictures.hpp"

namespace etch {

/// A gray picture, and what stands below it: letters A to J, digits, '>' and blanks.
struct SheetCell {
  std::span<const std::uint8_t> picture;  // [picture_height * picture_width]
  std::string caption;
};

/// Picture `i` in bytes: what lies outside of -0.5..0.5, black or white; no number, black.
std::vector<std::uint8_t> gray_bytes(const Pictures& pictures, std::size_t i);

/// Writes pictures of one size as one PNG picture, in rows of `columns`, each framed in gray. Cells
/// are as wide as the widest caption needs; without captions no room is kept for them. Throws Error
/// where there is no cell or column, a picture of another size or a caption of other characters,
/// and where the file cannot be written.
void write_sheet(const std::filesystem::path& path, std::span<const SheetCell> cells,
                 std::size_t picture_width, std::size_t picture_height, std::size_t columns);

}  // namespace etch

#endif
