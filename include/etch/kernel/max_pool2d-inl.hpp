// The largest pixel under a window, channel by channel.

#if defined(ETCH_KERNEL_MAX_POOL2D_INL_HPP) == defined(HWY_TARGET_TOGGLE)
#ifdef ETCH_KERNEL_MAX_POOL2D_INL_HPP
#undef ETCH_KERNEL_MAX_POOL2D_INL_HPP
#else
#define ETCH_KERNEL_MAX_POOL2D_INL_HPP
#endif

#include <algorithm>
#include <limits>
#include <type_traits>

#include "etch/kernel/channels.hpp"
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

/// Calls `pixel(offset in x, number)` for the pixels under the window at (oy, ox), row by row,
/// numbered from 0: unrolled where they are few and no window leaves the picture.
template <MaxPool2DSizes sizes, class Pixel>
HWY_INLINE void for_window(const MaxPool2DSizes& s, int oy, int ox, const Pixel& pixel) {
  int number = 0;
  const auto at = [&](int ky, int kx) ETCH_LAMBDA {
    const int iy = oy * s.rows.stride - s.rows.before + ky;
    const int ix = ox * s.columns.stride - s.columns.before + kx;
    pixel((iy * s.columns.in + ix) * s.channels, number++);
  };
  constexpr bool inside = sizes.rows.stays_inside() && sizes.columns.stays_inside();
  if constexpr (inside && sizes.rows.size * sizes.columns.size <= 16) {
    constexpr int height = sizes.rows.size, width = sizes.columns.size;
    ETCH_UNROLL
    for (int ky = 0; ky < height; ++ky) {
      ETCH_UNROLL
      for (int kx = 0; kx < width; ++kx) at(ky, kx);
    }
  } else {
    const int ky_end = s.rows.last(oy), kx_end = s.columns.last(ox);
    for (int ky = s.rows.first(oy); ky < ky_end; ++ky) {
      for (int kx = s.columns.first(ox); kx < kx_end; ++kx) at(ky, kx);
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

/// `a` where it is larger, else `b`, if one is NaN, too: what follows a NaN replaces it, and is
/// selected, on every target. So does x86's Max, but not NEON's.
template <class V>
HWY_INLINE V larger(V a, V b) {
#if HWY_ARCH_X86
  return hn::Max(a, b);
#else
  return hn::IfThenElse(hn::Gt(a, b), a, b);
#endif
}

/// Lanes that say which pixel under a window was selected.
template <class Tag>
using Selected = hn::VFromD<hn::RebindToSigned<Tag>>;

/// In memory they are bytes, but under huge windows.
template <class Number, class Tag>
HWY_INLINE void store_selected(Tag, Selected<Tag> selected, Number* HWY_RESTRICT to) {
  if constexpr (sizeof(Number) == 1) {
    const hn::Rebind<Number, Tag> bytes;
    const hn::RebindToUnsigned<Tag> words;
    hn::StoreU(hn::TruncateTo(bytes, hn::BitCast(words, selected)), bytes, to);
  } else {
    hn::StoreU(selected, hn::RebindToSigned<Tag>(), to);
  }
}
template <class Number, class Tag>
HWY_INLINE Selected<Tag> load_selected(Tag, const Number* HWY_RESTRICT from) {
  const hn::RebindToSigned<Tag> int_tag;
  if constexpr (sizeof(Number) == 1) {
    return hn::PromoteTo(int_tag, hn::LoadU(hn::Rebind<Number, Tag>(), from));
  } else {
    return hn::LoadU(int_tag, from);
  }
}

/// y [rows.out][columns.out][Channels] of one sample x [rows.in][columns.in][Channels], and of
/// every window the number of the first pixel that is the largest in `selected`
/// [rows.out][columns.out][channel_lanes(Channels)], unless that is a nullptr_t.
template <Window rows, Window columns, int Channels, class Numbers, class Finish>
void max_pool2d_forward(const float* HWY_RESTRICT x, float* HWY_RESTRICT y, Numbers selected,
                        const Finish& finish) {
  constexpr MaxPool2DSizes sizes{rows, columns, Channels};
  constexpr bool saves = !std::is_null_pointer_v<Numbers>;
  ETCH_SPECIALISED const MaxPool2DSizes s = loop_sizes<sizes>();
  const TagFor<Channels> d;
  const hn::RebindToSigned<TagFor<Channels>> int_tag;
  for_places<sizes>(s, [&](int oy, int ox, int c, int count) ETCH_LAMBDA {
    const std::ptrdiff_t place = oy * s.columns.out + ox;
    auto largest = hn::Set(d, -std::numeric_limits<float>::infinity());
    auto first = hn::Zero(int_tag);
    for_window<sizes>(s, oy, ox, [&](int offset, int number) ETCH_LAMBDA {
      const auto here = load_first(d, x + offset + c, count);
      if constexpr (saves) {
        const auto stays = hn::RebindMask(int_tag, hn::Ge(largest, here));
        first = hn::IfThenElse(stays, first, hn::Set(int_tag, number));
      }
      largest = larger(largest, here);
    });
    store_first(finish(largest), d, y + place * s.channels + c, count);
    if constexpr (saves) {
      store_selected(d, first, selected + place * channel_lanes(s.channels) + c);
    }
  });
}

/// dx of one sample: every gradient goes to the pixel that was selected, as in TensorFlow's
/// MaxPoolGrad. Where the windows cover each pixel once, its gradient is stored once.
template <Window rows, Window columns, int Channels, class Number>
void max_pool2d_data_gradient(const Number* HWY_RESTRICT selected, const float* HWY_RESTRICT dy,
                              float* HWY_RESTRICT dx) {
  constexpr MaxPool2DSizes sizes{rows, columns, Channels};
  constexpr bool overlap = rows.size > rows.stride || columns.size > columns.stride;
  constexpr bool once = rows.covers_once() && columns.covers_once();
  ETCH_SPECIALISED const MaxPool2DSizes s = loop_sizes<sizes>();
  const TagFor<Channels> d;
  const hn::RebindToSigned<TagFor<Channels>> int_tag;
  if constexpr (!once) std::fill_n(dx, s.rows.in * s.columns.in * s.channels, 0.0f);
  for_places<sizes>(s, [&](int oy, int ox, int c, int count) ETCH_LAMBDA {
    const std::ptrdiff_t place = oy * s.columns.out + ox;
    const auto gradient = load_first(d, dy + place * s.channels + c, count);
    const auto chosen = load_selected(d, selected + place * channel_lanes(s.channels) + c);
    for_window<sizes>(s, oy, ox, [&](int offset, int number) ETCH_LAMBDA {
      const auto is = hn::RebindMask(d, hn::Eq(chosen, hn::Set(int_tag, number)));
      auto given = hn::IfThenElseZero(is, gradient);
      if constexpr (overlap) given = hn::Add(given, load_first(d, dx + offset + c, count));
      store_first(given, d, dx + offset + c, count);
    });
  });
}

}  // namespace etch::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
