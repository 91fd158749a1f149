// Convolutions whose rows of outputs are computed in pairs, with fewer products: of three taps two
// neighbours have four together, not six, of two taps three, not four (S. Winograd's F(2, 3) and
// F(2, 2)). Where d are rows of pixels and w those of a window that meet them:
//
//   y0 = (d0 - d2) w0 + (d1 + d2)/2 (w0 + w1 + w2) + (d2 - d1)/2 (w0 - w1 + w2)
//   y1 = (d3 - d1) w2 + (d1 + d2)/2 (w0 + w1 + w2) - (d2 - d1)/2 (w0 - w1 + w2)
//
//   y0 = (d0 - d1) w0 + d1 (w0 + w1)
//   y1 = (d2 - d1) w1 + d1 (w0 + w1)
//
// They are as exact as plain sums. An output sees the pixels under its window alone, and where
// those of all windows are equal so are the outputs: what ReLU and MaxPool2D make of zeros and ties
// stays, but for the last of an odd number of rows, which is a plain sum.

#if defined(ETCH_KERNEL_CONV2D_PAIRS_INL_HPP) == defined(HWY_TARGET_TOGGLE)
#ifdef ETCH_KERNEL_CONV2D_PAIRS_INL_HPP
#undef ETCH_KERNEL_CONV2D_PAIRS_INL_HPP
#else
#define ETCH_KERNEL_CONV2D_PAIRS_INL_HPP
#endif

#include <algorithm>
#include <utility>

#include "etch/kernel/conv2d_blocks-inl.hpp"
#include "etch/kernel/conv2d_pairs_layout.hpp"
#include "etch/kernel/loop_sizes.hpp"
#include "etch/kernel/vec-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace etch::HWY_NAMESPACE {

/// On SSE4, without multiply-add, 5x5 takes up to twice as long as plain sums by g++; NEON, whose
/// vectors are as short, is not measured.
inline constexpr bool computes_pairs = lanes > 4;

/// The lanes are filters. Pair of rows by pair of rows: the rows of pixels under it are
/// transformed, as they lie; then some columns at a time are summed in registers, what both rows
/// share first.
template <Conv2DPairsSizes sizes, class Finish>
struct Conv2DPairs {
  const Finish& finish;
  using Tag = TagFor<sizes.conv.filters>;
  using Lanes = hn::Vec<Tag>;
  static constexpr Tag tag{};
  ETCH_SPECIALISED const Conv2DPairsSizes s = loop_sizes<sizes>();
  static constexpr Window rows = sizes.conv.rows, columns = sizes.conv.columns;
  static constexpr Conv2DPairsSizes::Groups groups = sizes.groups();
  using Group = Conv2DPairsSizes::Group;

  static constexpr bool better = sizes.better() && computes_pairs;

  /// Columns whose two sums fit into the registers beside two lines' weights and their pixels. Of
  /// sixteen registers they leave few: there sums rest, as in conv2d_blocks-inl.hpp, whatever the
  /// window (AVX2, 28x28x1 to 16, 5x5: 67 µs by 14 columns, 71 by 7).
  static constexpr bool rest = registers == 16;
  static constexpr Blocks blocks =
      balanced(columns.out, (rest ? resting_sums : registers - 2 * columns.size - 3) / 2, 1);
  static constexpr Clip clip(int block) { return inputs_under(columns, blocks, block); }

  /// Where the rows of pixels lie that a pair's products take, transformed or as they are.
  struct PixelRows {
    const float* of[sizes.groups().products];
  };

  /// `scratch`: a row for each product, and one of zeros, for what pads the picture.
  HWY_INLINE PixelRows transform(const float* HWY_RESTRICT x, int pair,
                                 float* HWY_RESTRICT scratch) const {
    const int top = 2 * pair * rows.stride - s.conv.rows.before;
    PixelRows products;
    ETCH_UNROLL for (int g = 0; g < groups.count; ++g) {
      const Group group = groups.all[g];
      const float* d[4];
      ETCH_UNROLL for (int i = 0; i <= group.taps; ++i) {
        const int row = top + group.tap + i * rows.stride;
        const bool inside = row >= 0 && row < s.conv.rows.in;
        d[i] = inside ? x + row * s.conv.columns.in * s.conv.channels
                      : scratch + groups.products * s.row_floats();
      }
      float* to = scratch + group.product * s.row_floats();
      if (group.taps > 1) transform_group(group, d, to);
      ETCH_UNROLL for (int i = 0; i <= group.taps; ++i) {
        const bool plain = group.taps == 1 || (group.taps == 2 && i == 1);
        products.of[group.product + i] = plain ? d[i] : to + i * s.row_floats();
      }
    }
    return products;
  }

  HWY_INLINE void transform_group(const Group& group, const float* const (&d)[4],
                                  float* HWY_RESTRICT to) const {
    const int floats = s.conv.columns.in * s.conv.channels;
    for (int at = 0; at < floats; at += lanes) {
      const auto pixels = [&](int i)
                              ETCH_LAMBDA { return load_first(float_tag, d[i] + at, floats - at); };
      const auto store = [&](int i, Vec v)
                             ETCH_LAMBDA { hn::Store(v, float_tag, to + i * s.row_floats() + at); };
      const Vec d1 = pixels(1), d2 = pixels(2);
      if (group.taps == 2) {
        store(0, hn::Sub(pixels(0), d1));
        store(2, hn::Sub(d2, d1));
      } else {
        const Vec half = hn::Set(float_tag, 0.5f);
        store(0, hn::Sub(pixels(0), d2));
        store(1, hn::Mul(half, hn::Add(d1, d2)));
        store(2, hn::Mul(half, hn::Sub(d2, d1)));
        store(3, hn::Sub(pixels(3), d1));
      }
    }
  }

  /// A row of pixels of one channel, and a row of the window to go with it.
  struct Line {
    const float* pixels;
    Lanes tap[columns.size];
  };

  /// Weights of a channel.
  HWY_INLINE Lanes weights(const float* HWY_RESTRICT w, int ky, int kx) const {
    return hn::Load(tag, w + ky * sizes.weights.row + kx * sizes.weights.tap);
  }

  /// Adds a pixel's products.
  template <int Columns>
  HWY_INLINE void add(int pixel, const Line& line, Lanes (&sum)[Columns]) const {
    const Lanes v = hn::Set(tag, line.pixels[pixel * s.conv.channels]);
    ETCH_UNROLL for (int kx = 0; kx < columns.size; ++kx) {
      const int o = (pixel - kx) / columns.stride;
      if (pixel >= kx && (pixel - kx) % columns.stride == 0 && o < Columns) {
        sum[o] = hn::MulAdd(v, line.tap[kx], sum[o]);
      }
    }
  }

  template <Clip c, int Columns>
  HWY_INLINE void add(const Line& line, Lanes (&sum)[Columns]) const {
    ETCH_UNROLL for (int pixel = c.first; pixel < c.end; ++pixel) add(pixel, line, sum);
  }

  /// Adds the products of two lines, pixel by pixel: those of one would wait for each other
  /// (14x14x16 to 16, 5x5: 228 µs, 238 line by line). Sums that rest have those of one line first,
  /// so that they are loaded once (AVX2, 28x28x1 to 16, 7x7: 132 µs, 270 pixel by pixel).
  template <Clip c, int Columns>
  HWY_INLINE void add(const Line& a, Lanes (&to_a)[Columns], const Line& b,
                      Lanes (&to_b)[Columns]) const {
    if (rest) {
      add<c>(a, to_a);
      add<c>(b, to_b);
      return;
    }
    ETCH_UNROLL for (int pixel = c.first; pixel < c.end; ++pixel) {
      add(pixel, a, to_a);
      add(pixel, b, to_b);
    }
  }

  /// Adds what both rows of a pair have alike to `same`, with opposite signs to `opposite`.
  template <int Columns, Clip c>
  HWY_INLINE void add_shared(const PixelRows& pixels, std::ptrdiff_t start,
                             const float* HWY_RESTRICT w, Lanes (&same)[Columns],
                             Lanes (&opposite)[Columns]) const {
    for (int channel = 0; channel < s.conv.channels; ++channel, w += s.weights.channel) {
      w = seen_anew(w);
      ETCH_UNROLL for (int g = 0; g < groups.count; ++g) {
        const auto [tap, taps, product] = groups.all[g];
        if (taps == 1) continue;
        Line a{seen_anew(pixels.of[product + 1] + start + channel), {}};
        Line b{seen_anew(pixels.of[product + 2] + start + channel), {}};
        ETCH_UNROLL for (int kx = 0; kx < columns.size; ++kx) {
          const Lanes outer =
              hn::Add(weights(w, tap, kx), weights(w, tap + (taps - 1) * rows.stride, kx));
          const Lanes inner = weights(w, tap + rows.stride, kx);
          a.tap[kx] = taps == 3 ? hn::Add(outer, inner) : outer;
          b.tap[kx] = hn::Sub(outer, inner);
        }
        if (taps == 3) {
          add<c>(a, same, b, opposite);
        } else {
          add<c>(a, same);
        }
      }
    }
  }

  /// Adds what each row of a pair has for itself.
  template <int Columns, Clip c>
  HWY_INLINE void add_own(const PixelRows& pixels, std::ptrdiff_t start,
                          const float* HWY_RESTRICT w, Lanes (&upper)[Columns],
                          Lanes (&lower)[Columns]) const {
    for (int channel = 0; channel < s.conv.channels; ++channel, w += s.weights.channel) {
      w = seen_anew(w);
      ETCH_UNROLL for (int g = 0; g < groups.count; ++g) {
        const auto [tap, taps, product] = groups.all[g];
        Line a{seen_anew(pixels.of[product] + start + channel), {}};
        Line b{seen_anew(pixels.of[product + taps] + start + channel), {}};
        ETCH_UNROLL for (int kx = 0; kx < columns.size; ++kx) {
          a.tap[kx] = weights(w, tap, kx);
          b.tap[kx] = weights(w, tap + (taps - 1) * rows.stride, kx);
        }
        add<c>(a, upper, b, lower);
      }
    }
  }

  /// Some columns of outputs, and the filters that the lanes are.
  struct Place {
    std::ptrdiff_t start;  // of the pixels under them, in their row
    const float* w;
    Lanes bias;
    float* y;
    int filters;  // how many of the lanes
  };

  template <int Columns>
  HWY_INLINE void store(const Lanes (&sum)[Columns], const Place& at, float* y) const {
    ETCH_UNROLL for (int o = 0; o < Columns; ++o) {
      float* to = y + o * s.outputs.column;
      store_first(finish(sum[o], tag, to, at.filters), tag, to, at.filters);
    }
  }

  template <int Columns, Clip c>
  HWY_INLINE void pair(const PixelRows& pixels, const Place& at) const {
    Lanes upper[Columns], lower[Columns];
    ETCH_UNROLL for (int o = 0; o < Columns; ++o) {
      upper[o] = at.bias;
      lower[o] = hn::Zero(tag);
    }
    add_shared<Columns, c>(pixels, at.start, at.w, upper, lower);
    ETCH_UNROLL for (int o = 0; o < Columns; ++o) {
      const Lanes same = upper[o], opposite = lower[o];
      upper[o] = hn::Add(same, opposite);
      lower[o] = hn::Sub(same, opposite);
    }
    add_own<Columns, c>(pixels, at.start, at.w, upper, lower);
    store(upper, at, at.y);
    store(lower, at, at.y + s.outputs.row);
  }

  /// The last row, where that is none of a pair: plain sums.
  template <int Columns, Clip c>
  HWY_INLINE void single(const float* HWY_RESTRICT x, const Place& at) const {
    Lanes sum[Columns];
    ETCH_UNROLL for (int o = 0; o < Columns; ++o) sum[o] = at.bias;
    const int top = (s.conv.rows.out - 1) * rows.stride - s.conv.rows.before;
    for (int ky = 0; ky < rows.size; ++ky) {
      if (top + ky < 0 || top + ky >= s.conv.rows.in) continue;
      const float* pixels = x + (top + ky) * s.conv.columns.in * s.conv.channels + at.start;
      for (int channel = 0; channel < s.conv.channels; ++channel) {
        Line line{pixels + channel, {}};
        ETCH_UNROLL for (int kx = 0; kx < columns.size; ++kx) {
          line.tap[kx] = weights(at.w + channel * s.weights.channel, ky, kx);
        }
        add<c>(line, sum);
      }
    }
    store(sum, at, at.y);
  }

  /// Calls `body.template operator()<Columns, clip>(place)` for all of the row of outputs at `y`.
  template <class Body>
  HWY_INLINE void for_row(const float* HWY_RESTRICT w, const float* HWY_RESTRICT b, float* y,
                          const Body& body) const {
    for (int filter = 0; filter < s.conv.filters; filter += lanes_of<Tag>) {
      const float* w_panel = w + filter / conv_panel * s.weights.panel + filter % conv_panel;
      const Lanes bias = b == nullptr ? hn::Zero(tag) : hn::LoadU(tag, b + filter);
      for_blocks<blocks, clip>([&]<int Columns, Clip c>(int block) ETCH_LAMBDA {
        const std::ptrdiff_t column = block * blocks.columns;
        const std::ptrdiff_t start =
            (column * columns.stride - s.conv.columns.before) * s.conv.channels;
        body.template operator()<Columns, c>(Place{
            start, w_panel, bias, y + column * s.outputs.column + filter, s.conv.filters - filter});
      });
    }
  }

  /// `b` may be null: there are no biases then.
  HWY_INLINE void picture(const float* HWY_RESTRICT x, const float* HWY_RESTRICT w,
                          const float* HWY_RESTRICT b, float* y,
                          float* HWY_RESTRICT scratch) const {
    w += s.weights.first;
    y += s.outputs.first;
    std::fill_n(scratch + groups.products * s.row_floats(), s.row_floats(), 0.0f);
    for (int i = 0; i < s.pairs(); ++i) {
      const PixelRows pixels = transform(x, i, scratch);
      for_row(w, b, y + 2 * i * s.outputs.row,
              [&]<int Columns, Clip c>(const Place& at)
                  ETCH_LAMBDA { pair<Columns, c>(pixels, at); });
    }
    if constexpr (sizes.single()) {
      for_row(w, b, y + (s.conv.rows.out - 1) * s.outputs.row,
              [&]<int Columns, Clip c>(const Place& at) ETCH_LAMBDA { single<Columns, c>(x, at); });
    }
  }
};

/// dx = dy * W^T, from transposed weights: a convolution for each place of a pixel in a stride.
template <Conv2DPairsGradientSizes sizes, class Finish>
struct Conv2DPairsDataGradient {
  const Finish& finish;
  static constexpr bool better = sizes.better() && computes_pairs;

  HWY_INLINE void picture(const float* HWY_RESTRICT dy, const float* HWY_RESTRICT w, float* dx,
                          float* HWY_RESTRICT scratch) const {
    [&]<int... I>(std::integer_sequence<int, I...>) ETCH_LAMBDA {
      (Conv2DPairs<sizes.part(I), Finish>{finish}.picture(dy, w, nullptr, dx, scratch), ...);
    }
    (std::make_integer_sequence<int, sizes.parts()>());
  }
};

}  // namespace etch::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
