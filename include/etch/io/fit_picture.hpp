#ifndef ETCH_IO_FIT_PICTURE_HPP
#define ETCH_IO_FIT_PICTURE_HPP

#include <cstddef>
#include <cstdint>
#include <vector>

#include "etch/io/png.hpp"

namespace etch {

/// `picture` made as large as it fits into `width` x `height` pixels, in the middle of black. Each
/// new pixel is the mean of the area that it covers; a picture of that size stays as it is.
std::vector<std::uint8_t> fit_picture(const GrayPicture& picture, std::size_t width,
                                      std::size_t height);

}  // namespace etch

#endif
