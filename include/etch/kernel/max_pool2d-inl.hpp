// The largest pixel under a window, channel by channel.

#if defined(ETCH_KERNEL_MAX_POOL2D_INL_HPP) == defined(HWY_TARGET_TOGGLE)
#ifdef ETCH_KERNEL_MAX_POOL2D_INL_HPP
#undef ETCH_KERNEL_MAX_POOL2D_INL_HPP
#else
#define ETCH_KERNEL_MAX_POOL2D_INL_HPP
#endif

#include <algorithm>
#include <limits>

#include "etch/kernel/vec-inl.hpp"
#include "etch/shape/window.hpp"

HWY_BEFORE_NAMESPACE();
namespace etch::HWY_NAMESPACE {

/// Calls `pixel(offset in x)` for the pixels under the window at (oy, ox), row by row.
template <Window rows, Window columns, int Channels, class Pixel>
HWY_INLINE void for_window(int oy, int ox, const Pixel& pixel) {
  for (int ky = rows.first(oy); ky < rows.last(oy); ++ky) {
    const int iy = oy * rows.stride - rows.before + ky;
    for (int kx = columns.first(ox); kx < columns.last(ox); ++kx) {
      pixel((iy * columns.in + ox * columns.stride - columns.before + kx) * Channels);
    }
  }
}

/// y [rows.out][columns.out][Channels] of one sample x [rows.in][columns.in][Channels].
template <Window rows, Window columns, int Channels>
void max_pool2d_forward(const float* HWY_RESTRICT x, float* HWY_RESTRICT y) {
  for (int oy = 0; oy < rows.out; ++oy) {
    for (int ox = 0; ox < columns.out; ++ox) {
      float* y_pixel = y + (oy * columns.out + ox) * Channels;
      for (int c = 0; c < Channels; c += lanes) {
        Vec largest = hn::Set(float_tag, -std::numeric_limits<float>::infinity());
        for_window<rows, columns, Channels>(oy, ox, [&](int offset) ETCH_LAMBDA {
          largest = hn::Max(largest, load_first(float_tag, x + offset + c, Channels - c));
        });
        store_first(largest, float_tag, y_pixel + c, Channels - c);
      }
    }
  }
}

/// dx of one sample: every gradient goes to the first pixel of its window that is the largest, as
/// in TensorFlow's MaxPoolGrad.
template <Window rows, Window columns, int Channels>
void max_pool2d_data_gradient(const float* HWY_RESTRICT x, const float* HWY_RESTRICT y,
                              const float* HWY_RESTRICT dy, float* HWY_RESTRICT dx) {
  std::fill_n(dx, rows.in * columns.in * Channels, 0.0f);
  for (int oy = 0; oy < rows.out; ++oy) {
    for (int ox = 0; ox < columns.out; ++ox) {
      const int place = (oy * columns.out + ox) * Channels;
      for (int c = 0; c < Channels; c += lanes) {
        const Vec largest = load_first(float_tag, y + place + c, Channels - c);
        Vec left = load_first(float_tag, dy + place + c, Channels - c);  // to be given to a pixel
        for_window<rows, columns, Channels>(oy, ox, [&](int offset) ETCH_LAMBDA {
          const auto here = hn::Eq(load_first(float_tag, x + offset + c, Channels - c), largest);
          const Vec given = hn::Add(load_first(float_tag, dx + offset + c, Channels - c),
                                    hn::IfThenElseZero(here, left));
          store_first(given, float_tag, dx + offset + c, Channels - c);
          left = hn::IfThenZeroElse(here, left);
        });
      }
    }
  }
}

}  // namespace etch::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
