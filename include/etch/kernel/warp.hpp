#ifndef ETCH_KERNEL_WARP_HPP
#define ETCH_KERNEL_WARP_HPP

namespace etch {

/// What happens to a picture, about its centre: first it is zoomed, then slanted by so many columns
/// for each row that lies higher, then shifted by so many pixels down and to the right.
struct Warp {
  float zoom_y = 1, zoom_x = 1;
  float slant = 0;
  float shift_y = 0, shift_x = 0;
};

/// What lies outside of a picture: black, as a byte 0 means it (float_of).
inline constexpr float warp_background = -0.5f;

}  // namespace etch

#endif
