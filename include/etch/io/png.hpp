#ifndef ETCH_IO_PNG_HPP
#define ETCH_IO_PNG_HPP

#include <cstddef>
#include <cstdint>
#include <span>

namespace etch::detail {

/// Decodes a PNG picture of `height` x `width` pixels to 8-bit gray into `pixels`
/// [height * width]. Throws Unusable if it has another size (before anything is decoded) or is no
/// whole picture.
void decode_png(std::span<const std::uint8_t> file, std::size_t height, std::size_t width,
                std::uint8_t* pixels);

}  // namespace etch::detail

#endif
