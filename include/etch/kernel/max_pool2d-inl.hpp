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

/// Calls `pixel(offset in x, whether it is the last)` for the pixels under the window at (oy, ox),
/// row by row: unrolled where they are few and no window leaves the picture.
template <MaxPool2DSizes sizes, class Pixel>
HWY_INLINE void for_window(const MaxPool2DSizes& s, int oy, int ox, const Pixel& pixel) {
  const auto at = [&](int ky, int kx, bool last) ETCH_LAMBDA {
    const int iy = oy * s.rows.stride - s.rows.before + ky;
    const int ix = ox * s.columns.stride - s.columns.before + kx;
    pixel((iy * s.columns.in + ix) * s.channels, last);
  };
  constexpr bool inside = sizes.rows.stays_inside() && sizes.columns.stays_inside();
  if constexpr (inside && sizes.rows.size * sizes.columns.size <= 16) {
    constexpr int height = sizes.rows.size, width = sizes.columns.size;
    ETCH_UNROLL
    for (int ky = 0; ky < height; ++ky) {
      ETCH_UNROLL
      for (int kx = 0; kx < width; ++kx) at(ky, kx, ky + 1 == height && kx + 1 == width);
    }
  } else {
    const int ky_end = s.rows.last(oy), kx_end = s.columns.last(ox);
    for (int ky = s.rows.first(oy); ky < ky_end; ++ky) {
      for (int kx = s.columns.first(ox); kx < kx_end; ++kx) {
        at(ky, kx, ky + 1 == ky_end && kx + 1 == kx_end);
      }
    }
  }
}

/// Calls `place(oy, ox, c, count)` for every window and every vector of channels, [c, c + count).
template <MaxPool2DSizes sizes, class Place>
HWY_INLINE void for_places(const MaxPool2DSizes& s, const Place& place) {
  constexpr int step = lanes_of<TagFor<sizes.channels>>;
  constexpr int rest = sizes.channels % step;
  for (int oy = 0; oy < s.rows.out; ++oy) {
    for (int ox = 0; ox < s.columns.out; ++ox) {
      int c = 0;
      for (; c + step <= s.channels; c += step) place(oy, ox, c, step);
      if constexpr (rest > 0) place(oy, ox, c, rest);
    }
  }
}

/// y [rows.out][columns.out][Channels] of one sample x [rows.in][columns.in][Channels].
template <Window rows, Window columns, int Channels, class Finish>
void max_pool2d_forward(const float* HWY_RESTRICT x, float* HWY_RESTRICT y, const Finish& finish) {
  constexpr MaxPool2DSizes sizes{rows, columns, Channels};
  ETCH_SPECIALISED const MaxPool2DSizes s = loop_sizes<sizes>();
  const TagFor<Channels> d;
  for_places<sizes>(s, [&](int oy, int ox, int c, int count) ETCH_LAMBDA {
    auto largest = hn::Set(d, -std::numeric_limits<float>::infinity());
    for_window<sizes>(s, oy, ox, [&](int offset, bool) ETCH_LAMBDA {
      largest = hn::Max(largest, load_first(d, x + offset + c, count));
    });
    store_first(finish(largest), d, y + (oy * s.columns.out + ox) * s.channels + c, count);
  });
}

/// dx of one sample: every gradient goes to the first pixel of its window that is the largest, as
/// in TensorFlow's MaxPoolGrad. Where the windows cover each pixel once, its gradient is stored
/// once, and `dx` may be `x`.
template <Window rows, Window columns, int Channels>
void max_pool2d_data_gradient(const float* x, const float* HWY_RESTRICT y,
                              const float* HWY_RESTRICT dy, float* dx) {
  constexpr MaxPool2DSizes sizes{rows, columns, Channels};
  constexpr bool overlap = rows.size > rows.stride || columns.size > columns.stride;
  constexpr bool once = rows.covers_once() && columns.covers_once();
  ETCH_SPECIALISED const MaxPool2DSizes s = loop_sizes<sizes>();
  const TagFor<Channels> d;
  if constexpr (!once) std::fill_n(dx, s.rows.in * s.columns.in * s.channels, 0.0f);
  for_places<sizes>(s, [&](int oy, int ox, int c, int count) ETCH_LAMBDA {
    const int place = (oy * s.columns.out + ox) * s.channels + c;
    const auto largest = load_first(d, y + place, count);
    auto left = load_first(d, dy + place, count);  // to be given to a pixel
    for_window<sizes>(s, oy, ox, [&](int offset, bool last) ETCH_LAMBDA {
      auto given = left;  // the last pixel takes it whatever it is
      if (!last) {
        const auto here = hn::Eq(load_first(d, x + offset + c, count), largest);
        given = hn::IfThenElseZero(here, left);
        left = hn::IfThenZeroElse(here, left);
      }
      if constexpr (overlap) given = hn::Add(given, load_first(d, dx + offset + c, count));
      store_first(given, d, dx + offset + c, count);
    });
  });
}

}  // namespace etch::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
