// A picture moved, slanted and zoomed.

#if defined(ETCH_KERNEL_WARP_INL_HPP) == defined(HWY_TARGET_TOGGLE)
#ifdef ETCH_KERNEL_WARP_INL_HPP
#undef ETCH_KERNEL_WARP_INL_HPP
#else
#define ETCH_KERNEL_WARP_INL_HPP
#endif

#include <algorithm>
#include <cmath>

#include "etch/kernel/vec-inl.hpp"
#include "etch/kernel/warp.hpp"

HWY_BEFORE_NAMESPACE();
namespace etch::HWY_NAMESPACE {

/// Where a coordinate of the result lies in the source: between pixel `first` and the next, `share`
/// of the way. What is outside lies between two pixels of background, one beyond the edge.
struct Between {
  int first;
  float share;

  Between(float position, int size) {
    const float inside = std::clamp(position, -2.0f, static_cast<float>(size));
    const float floor = std::floor(inside);
    first = static_cast<int>(floor);
    share = inside - floor;
  }
};

/// y = x [Height][Width][Channels] warped, by bilinear interpolation. Rows move as a whole, so a
/// row of the result is a mix of two rows of the source, shifted and zoomed.
template <int Height, int Width, int Channels>
void warp(const float* HWY_RESTRICT x, float* HWY_RESTRICT y, const Warp& how) {
  constexpr int row_floats = Width * Channels;
  constexpr float centre_y = (Height - 1) / 2.0f, centre_x = (Width - 1) / 2.0f;
  constexpr int border = 2;  // pixels of background on either side
  float mixed[(Width + 2 * border) * Channels];
  std::fill_n(mixed, (Width + 2 * border) * Channels, warp_background);
  float* const middle = mixed + border * Channels;

  for (int row = 0; row < Height; ++row) {
    const float above = static_cast<float>(row) - centre_y - how.shift_y;
    const Between rows(centre_y + above / how.zoom_y, Height);
    const auto source = [&](int i, int j) {
      return i >= 0 && i < Height ? x[i * row_floats + j] : warp_background;
    };
    for (int j = 0; j < row_floats; ++j) {
      const float upper = source(rows.first, j), lower = source(rows.first + 1, j);
      middle[j] = upper + rows.share * (lower - upper);
    }
    const float first = centre_x - (centre_x + how.shift_x - how.slant * above) / how.zoom_x;
    for (int column = 0; column < Width; ++column) {
      const Between columns(first + static_cast<float>(column) / how.zoom_x, Width);
      const float* left = middle + columns.first * Channels;
      for (int k = 0; k < Channels; ++k) {
        y[row * row_floats + column * Channels + k] =
            left[k] + columns.share * (left[Channels + k] - left[k]);
      }
    }
  }
}

}  // namespace etch::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
