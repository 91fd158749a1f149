// The largest pixel under a window, channel by channel.

#if defined(ETCH_KERNEL_MAX_POOL2D_INL_HPP) == defined(HWY_TARGET_TOGGLE)
#ifdef ETCH_KERNEL_MAX_POOL2D_INL_HPP
#undef ETCH_KERNEL_MAX_POOL2D_INL_HPP
#else
#define ETCH_KERNEL_MAX_POOL2D_INL_HPP
#endif

#include <algorithm>
#include <type_traits>

#include "etch/base/round.hpp"
#include "etch/kernel/channels.hpp"
#include "etch/kernel/loop_sizes.hpp"
#include "etch/kernel/max_pool2d_sizes.hpp"
#include "etch/kernel/vec-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace etch::HWY_NAMESPACE {

/// Some windows of a row, and vectors of channels of each.
struct PoolTile {
  int windows, vectors;
};

/// The tile that goes through its windows together, row by row, as far as registers hold what it
/// finds: what lies in the L2 cache takes twice as long where two of its rows take turns window by
/// window (28x28x16, eight samples, forward and backward: 4.1 µs by one window, 2.1 by seven). One
/// window and vector where windows are not unrolled or channels leave lanes empty: six channels
/// would take a sixth longer by seven windows.
template <MaxPool2DSizes sizes>
constexpr PoolTile pool_tile() {
  constexpr int width = lanes_of<TagFor<sizes.channels>>, vectors = sizes.channels / width;
  constexpr int most = registers / 4, out = sizes.columns.out;
  if (!sizes.unrolls() || sizes.channels % width != 0 || vectors > most) return {1, 1};
  return {ceil_div(out, ceil_div(out, most / std::max(vectors, 1))), vectors};
}

/// Calls `pixel(i, offset in x, number)` for the pixels under the windows of a tile from that at
/// (oy, ox) on: vector i of the tile, and a number that counts the window's pixels row by row.
template <MaxPool2DSizes sizes, PoolTile tile, class Pixel>
HWY_INLINE void for_pixels(const MaxPool2DSizes& s, int oy, int ox, const Pixel& pixel) {
  constexpr int width = lanes_of<TagFor<sizes.channels>>;
  const int top = oy * s.rows.stride - s.rows.before;
  const int left = ox * s.columns.stride - s.columns.before;
  const auto offset = [&](int ky, int kx) ETCH_LAMBDA {
    return ((top + ky) * s.columns.in + left + kx) * s.channels;
  };
  if constexpr (sizes.unrolls()) {
    ETCH_UNROLL for (int ky = 0; ky < sizes.rows.size; ++ky) {
      ETCH_UNROLL for (int window = 0; window < tile.windows; ++window) {
        ETCH_UNROLL for (int kx = 0; kx < sizes.columns.size; ++kx) {
          const int from = offset(ky, window * sizes.columns.stride + kx);
          ETCH_UNROLL for (int v = 0; v < tile.vectors; ++v) {
            pixel(window * tile.vectors + v, from + v * width, ky * sizes.columns.size + kx);
          }
        }
      }
    }
  } else {
    const int ky_end = s.rows.end(oy), kx_end = s.columns.end(ox);
    int number = 0;
    for (int ky = s.rows.first(oy); ky < ky_end; ++ky) {
      for (int kx = s.columns.first(ox); kx < kx_end; ++kx) pixel(0, offset(ky, kx), number++);
    }
  }
}

/// Calls `f.template operator()<tile>(oy, ox, c, count)` for tiles of windows from that at (oy, ox)
/// and channel c on, that cover all; `count` channels are in a vector.
template <MaxPool2DSizes sizes, class F>
HWY_INLINE void for_tiles(const MaxPool2DSizes& s, const F& f) {
  constexpr int width = lanes_of<TagFor<sizes.channels>>, rest = sizes.channels % width;
  constexpr PoolTile most = pool_tile<sizes>();
  constexpr PoolTile last{sizes.columns.out % most.windows, most.vectors};
  const auto all_channels = [&]<PoolTile tile>(int oy, int ox) ETCH_LAMBDA {
    int c = 0;
    for (; c + width <= s.channels; c += tile.vectors * width) {
      f.template operator()<tile>(oy, ox, c, width);
    }
    if constexpr (rest > 0) f.template operator()<tile>(oy, ox, c, rest);
  };
  for (int oy = 0; oy < s.rows.out; ++oy) {
    int ox = 0;
    for (; ox + most.windows <= s.columns.out; ox += most.windows) {
      all_channels.template operator()<most>(oy, ox);
    }
    if constexpr (last.windows > 0) all_channels.template operator()<last>(oy, ox);
  }
}

/// `a` where it is larger than `b`, else `b`, also if one is NaN. So does x86's Max, not NEON's.
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

/// y [rows.out][columns.out][channels] of one sample x [rows.in][columns.in][channels], and of
/// every window the number of the first pixel that is the largest in `selected`
/// [rows.out][columns.out][channel_lanes(channels)], unless that is a nullptr_t. A NaN is larger
/// than nothing, as in TensorFlow; but where it is the first of a window it stays, and shows (the
/// gradient then goes to the last pixel).
template <MaxPool2DSizes sizes, class Numbers, class Finish>
void max_pool2d_forward(const float* HWY_RESTRICT x, float* HWY_RESTRICT y, Numbers selected,
                        const Finish& finish) {
  constexpr bool saves = !std::is_null_pointer_v<Numbers>;
  ETCH_SPECIALISED const MaxPool2DSizes s = loop_sizes<sizes>();
  using Tag = TagFor<sizes.channels>;
  constexpr Tag d;
  constexpr hn::RebindToSigned<Tag> int_tag;
  for_tiles<sizes>(s, [&]<PoolTile tile>(int oy, int ox, int c, int count) ETCH_LAMBDA {
    constexpr int vectors = tile.windows * tile.vectors;
    hn::Vec<Tag> largest[vectors];
    Selected<Tag> first[vectors];
    for_pixels<sizes, tile>(s, oy, ox, [&](int i, int offset, int number) ETCH_LAMBDA {
      const auto here = load_first(d, x + offset + c, count);
      if (number == 0) {
        largest[i] = here;
        first[i] = hn::Zero(int_tag);
        return;
      }
      const auto before = largest[i];
      largest[i] = larger(here, before);
      // Whether it stays, not whether `here` is larger: g++ would then move numbers in place by
      // masks, which takes a processor longer (10x10x16: 3.8 µs, 2.4 so).
      if constexpr (saves) {
        const auto stays = hn::RebindMask(int_tag, hn::Eq(largest[i], before));
        first[i] = hn::IfThenElse(stays, first[i], hn::Set(int_tag, number));
      }
    });
    ETCH_UNROLL for (int i = 0; i < vectors; ++i) {
      const std::ptrdiff_t place = oy * s.columns.out + ox + i / tile.vectors;
      const int channel = c + i % tile.vectors * lanes_of<Tag>;
      float* to = y + place * s.channels + channel;
      store_first(finish(largest[i], d, to, count), d, to, count);
      if constexpr (saves) {
        store_selected(d, first[i], selected + place * channel_lanes(s.channels) + channel);
      }
    }
  });
}

/// dx of one sample: every gradient goes to the pixel that was selected, as in TensorFlow's
/// MaxPoolGrad. Where the windows cover each pixel once, its gradient is stored once.
template <MaxPool2DSizes sizes, class Number>
void max_pool2d_data_gradient(const Number* HWY_RESTRICT selected, const float* HWY_RESTRICT dy,
                              float* HWY_RESTRICT dx) {
  constexpr bool overlap =
      sizes.rows.size > sizes.rows.stride || sizes.columns.size > sizes.columns.stride;
  constexpr bool once = sizes.rows.covers_once() && sizes.columns.covers_once();
  ETCH_SPECIALISED const MaxPool2DSizes s = loop_sizes<sizes>();
  using Tag = TagFor<sizes.channels>;
  constexpr Tag d;
  constexpr hn::RebindToSigned<Tag> int_tag;
  if constexpr (!once) std::fill_n(dx, s.rows.in * s.columns.in * s.channels, 0.0f);
  for_tiles<sizes>(s, [&]<PoolTile tile>(int oy, int ox, int c, int count) ETCH_LAMBDA {
    constexpr int vectors = tile.windows * tile.vectors;
    hn::Vec<Tag> gradient[vectors];
    Selected<Tag> chosen[vectors];
    ETCH_UNROLL for (int i = 0; i < vectors; ++i) {
      const std::ptrdiff_t place = oy * s.columns.out + ox + i / tile.vectors;
      const int channel = c + i % tile.vectors * lanes_of<Tag>;
      gradient[i] = load_first(d, dy + place * s.channels + channel, count);
      chosen[i] = load_selected(d, selected + place * channel_lanes(s.channels) + channel);
    }
    for_pixels<sizes, tile>(s, oy, ox, [&](int i, int offset, int number) ETCH_LAMBDA {
      const auto is = hn::RebindMask(d, hn::Eq(chosen[i], hn::Set(int_tag, number)));
      auto given = hn::IfThenElseZero(is, gradient[i]);
      if constexpr (overlap) given = hn::Add(given, load_first(d, dx + offset + c, count));
      store_first(given, d, dx + offset + c, count);
    });
  });
}

}  // namespace etch::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
