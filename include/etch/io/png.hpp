#ifndef ETCH_IO_PNG_HPP
#define ETCH_IO_PNG_HPP

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

namespace etch {

/// Writes 8-bit gray pixels [height * width] as a PNG picture, whole or not at all. Throws Error
/// where they are not that many, or none, and where the file cannot be written.
void write_png(const std::filesystem::path& path, std::span<const std::uint8_t> gray,
               std::size_t width, std::size_t height);

/// A picture of any size.
struct GrayPicture {
  std::size_t width = 0, height = 0;
  std::vector<std::uint8_t> pixels;  // [height * width]
};

/// Reads a PNG picture of up to 8192 x 8192 pixels as 8-bit gray, transparency over black. Throws
/// Error where there is none.
GrayPicture read_png(const std::filesystem::path& path);

namespace detail {

/// Decodes a PNG picture of `height` x `width` pixels to 8-bit gray into `pixels`
/// [height * width]. Throws Unusable if it has another size (before anything is decoded) or is no
/// whole picture.
void decode_png(std::span<const std::uint8_t> file, std::size_t height, std::size_t width,
                std::uint8_t* pixels);

}  // namespace detail
}  // namespace etch

#endif
