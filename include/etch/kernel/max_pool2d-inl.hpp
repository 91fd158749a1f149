// The largest pixel under a window, channel by channel.

#if defined(ETCH_KERNEL_MAX_POOL2D_INL_HPP) == defined(HWY_TARGET_TOGGLE)
#ifdef ETCH_KERNEL_MAX_POOL2D_INL_HPP
#undef ETCH_KERNEL_MAX_POOL2D_INL_HPP
#else
#define ETCH_KERNEL_MAX_POOL2D_INL_HPP
#endif

#include <algorithm>
#include <limits>

#include "etch/kernel/loop_sizes.hpp"
#include "etch/kernel/vec-inl.hpp"
#include "etch/shape/window.hpp"

HWY_BEFORE_NAMESPACE();
namespace etch::HWY_NAMESPACE {

/// All that the kernels of a pooling are specialised by.
struct MaxPool2DSizes {
  Window rows, columns;
  int channels;
};

/// Calls `pixel(offset in x)` for the pixels under the window at (oy, ox), row by row.
template <class Pixel>
HWY_INLINE void for_window(const MaxPool2DSizes& s, int oy, int ox, const Pixel& pixel) {
  for (int ky = s.rows.first(oy); ky < s.rows.last(oy); ++ky) {
    const int iy = oy * s.rows.stride - s.rows.before + ky;
    for (int kx = s.columns.first(ox); kx < s.columns.last(ox); ++kx) {
      pixel((iy * s.columns.in + ox * s.columns.stride - s.columns.before + kx) * s.channels);
    }
  }
}

/// y [rows.out][columns.out][Channels] of one sample x [rows.in][columns.in][Channels].
template <Window rows, Window columns, int Channels>
void max_pool2d_forward(const float* HWY_RESTRICT x, float* HWY_RESTRICT y) {
  ETCH_SPECIALISED const MaxPool2DSizes s = loop_sizes<MaxPool2DSizes{rows, columns, Channels}>();
  for (int oy = 0; oy < s.rows.out; ++oy) {
    for (int ox = 0; ox < s.columns.out; ++ox) {
      float* y_pixel = y + (oy * s.columns.out + ox) * s.channels;
      for (int c = 0; c < s.channels; c += lanes) {
        Vec largest = hn::Set(float_tag, -std::numeric_limits<float>::infinity());
        for_window(s, oy, ox, [&](int offset) ETCH_LAMBDA {
          largest = hn::Max(largest, load_first(float_tag, x + offset + c, s.channels - c));
        });
        store_first(largest, float_tag, y_pixel + c, s.channels - c);
      }
    }
  }
}

/// dx of one sample: every gradient goes to the first pixel of its window that is the largest, as
/// in TensorFlow's MaxPoolGrad.
template <Window rows, Window columns, int Channels>
void max_pool2d_data_gradient(const float* HWY_RESTRICT x, const float* HWY_RESTRICT y,
                              const float* HWY_RESTRICT dy, float* HWY_RESTRICT dx) {
  ETCH_SPECIALISED const MaxPool2DSizes s = loop_sizes<MaxPool2DSizes{rows, columns, Channels}>();
  std::fill_n(dx, s.rows.in * s.columns.in * s.channels, 0.0f);
  for (int oy = 0; oy < s.rows.out; ++oy) {
    for (int ox = 0; ox < s.columns.out; ++ox) {
      const int place = (oy * s.columns.out + ox) * s.channels;
      for (int c = 0; c < s.channels; c += lanes) {
        const Vec largest = load_first(float_tag, y + place + c, s.channels - c);
        Vec left = load_first(float_tag, dy + place + c, s.channels - c);  // to be given to a pixel
        for_window(s, oy, ox, [&](int offset) ETCH_LAMBDA {
          const auto here = hn::Eq(load_first(float_tag, x + offset + c, s.channels - c), largest);
          const Vec given = hn::Add(load_first(float_tag, dx + offset + c, s.channels - c),
                                    hn::IfThenElseZero(here, left));
          store_first(given, float_tag, dx + offset + c, s.channels - c);
          left = hn::IfThenZeroElse(here, left);
        });
      }
    }
  }
}

}  // namespace etch::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
