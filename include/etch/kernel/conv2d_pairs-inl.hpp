// Convolutions whose outputs are computed in pairs, with fewer products: of three taps two
// neighbours have four together, not six, of two taps three, not four (S. Winograd's F(2, 3) and
// F(2, 2)):
//
//   y0 = (d0 - d2) w0 + (d1 + d2)/2 (w0 + w1 + w2) + (d2 - d1)/2 (w0 - w1 + w2)
//   y1 = (d3 - d1) w2 + (d1 + d2)/2 (w0 + w1 + w2) - (d2 - d1)/2 (w0 - w1 + w2)
//
//   y0 = (d0 - d1) w0 + d1 (w0 + w1)
//   y1 = (d2 - d1) w1 + d1 (w0 + w1)
//
// They are as exact as plain sums. An output sees the pixels under its window alone, and where all
// pixels are equal so are the outputs of pairs: what ReLU and MaxPool2D make of zeros and ties
// stays, but for the last output of an odd row, which is a plain sum.

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

/// The lanes are filters. Row of outputs by row of outputs: what comes under the window for the
/// first time is transformed, all channels in the lanes; then some pairs of outputs at a time are
/// summed in registers, over the rows and channels under the window.
template <Conv2DPairsSizes sizes, class Finish>
struct Conv2DPairs {
  const Finish& finish;
  using Tag = TagFor<sizes.conv.filters>;
  using Lanes = hn::Vec<Tag>;
  static constexpr Tag tag{};
  ETCH_SPECIALISED const Conv2DPairsSizes s = loop_sizes<sizes>();
  static constexpr Window window = sizes.conv.columns;
  static constexpr auto groups = sizes.groups();

  /// Where a load of a pixel serves whole vectors and sums of pairs fit into the registers. Of 16
  /// two pairs would, and the loads outweigh the products.
  static constexpr bool better = sizes.better() && lanes == conv_panel;

  /// A pair has four sums: what belongs to its first output alone, to the second, to both, and to
  /// both with opposite signs.
  enum Sum { first, second, both, apart, sums };
  static constexpr Blocks blocks = balanced(sizes.pairs(), (registers - window.size - 2) / sums, 1);
  /// Whether a block has the single output beside its pairs: the last may.
  static constexpr bool with_single(int block) {
    return sizes.single() && block + 1 == blocks.count();
  }

  /// Floats of a transformed row.
  HWY_INLINE std::ptrdiff_t row_floats() const {
    return std::ptrdiff_t{s.pairs()} * groups.products * s.pixel();
  }

  /// Row `iy` of x to [pair][product][channel].
  HWY_INLINE void transform(const float* HWY_RESTRICT x, int iy, float* HWY_RESTRICT to) const {
    for (int pair = 0; pair < s.pairs(); ++pair) {
      const int column = 2 * pair * window.stride - window.before;
      for (int channel = 0; channel < s.conv.channels; channel += lanes_of<Channels>) {
        const float* pixels = x + (iy * s.conv.columns.in + column) * s.conv.channels + channel;
        const int count = s.conv.channels - channel;
        transform_pair(
            [&](int i) ETCH_LAMBDA {
              const bool inside = column + i >= 0 && column + i < s.conv.columns.in;
              return inside ? load_first(Channels(), pixels + i * s.conv.channels, count)
                            : hn::Zero(Channels());
            },
            to + pair * groups.products * s.pixel() + channel);
      }
    }
  }

  template <class Pixel>
  HWY_INLINE void transform_pair(const Pixel& pixel, float* HWY_RESTRICT to) const {
    constexpr Channels d;
    ETCH_UNROLL for (int g = 0; g < groups.count; ++g) {
      const auto group = groups.all[g];
      const auto at = [&](int i) ETCH_LAMBDA { return pixel(group.tap + i * window.stride); };
      const auto store = [&](int i, hn::Vec<Channels> v)
                             ETCH_LAMBDA { hn::Store(v, d, to + (group.product + i) * s.pixel()); };
      const auto d0 = at(0), d1 = at(1);
      if (group.taps == 1) {
        store(0, d0), store(1, d1);
      } else if (group.taps == 2) {
        store(0, hn::Sub(d0, d1)), store(1, d1), store(2, hn::Sub(at(2), d1));
      } else {
        const auto d2 = at(2), half = hn::Set(d, 0.5f);
        store(0, hn::Sub(d0, d2));
        store(1, hn::Mul(half, hn::Add(d1, d2)));
        store(2, hn::Mul(half, hn::Sub(d2, d1)));
        store(3, hn::Sub(at(3), d1));
      }
    }
  }

  template <int Pairs, bool single>
  HWY_INLINE void tile(const float* HWY_RESTRICT x, const float* HWY_RESTRICT transformed,
                       const float* HWY_RESTRICT w, Lanes bias, float* y, int row, int pair,
                       int filters) const {
    Lanes sum[Pairs][sums], alone = bias;
    ETCH_UNROLL for (int p = 0; p < Pairs; ++p) {
      ETCH_UNROLL for (int i = 0; i < sums; ++i) sum[p][i] = hn::Zero(tag);
    }
    for (int ky = 0; ky < sizes.conv.rows.size; ++ky) {
      const int iy = row * sizes.conv.rows.stride - s.conv.rows.before + ky;
      if (iy < 0 || iy >= s.conv.rows.in) continue;
      const float* line = transformed + iy % sizes.conv.rows.size * row_floats() +
                          pair * groups.products * s.pixel();
      constexpr int last = (window.out - 1) * window.stride - window.before;
      const float* last_pixel = x + (iy * s.conv.columns.in + last) * s.conv.channels;
      for (int channel = 0; channel < s.conv.channels; ++channel) {
        Lanes tap[window.size];
        const float* w_line = w + ky * s.weights.row + channel * s.weights.channel;
        ETCH_UNROLL for (int kx = 0; kx < window.size; ++kx) {
          tap[kx] = in_register(hn::Load(tag, w_line + kx * sizes.weights.tap));
        }
        const auto add = [&](int product, Lanes weights, Sum to) ETCH_LAMBDA {
          ETCH_UNROLL for (int p = 0; p < Pairs; ++p) {
            const float* pixel = line + (p * groups.products + product) * s.pixel() + channel;
            sum[p][to] = hn::MulAdd(hn::Set(tag, *pixel), weights, sum[p][to]);
          }
        };
        ETCH_UNROLL for (int g = 0; g < groups.count; ++g) {
          const auto [first_tap, taps, product] = groups.all[g];
          const Lanes w0 = tap[first_tap], w_last = tap[first_tap + (taps - 1) * window.stride];
          add(product, w0, first);
          if (taps == 2) add(product + 1, in_register(hn::Add(w0, w_last)), both);
          if (taps == 3) {
            const Lanes outer = hn::Add(w0, w_last), inner = tap[first_tap + window.stride];
            add(product + 1, in_register(hn::Add(outer, inner)), both);
            add(product + 2, in_register(hn::Sub(outer, inner)), apart);
          }
          add(product + taps, w_last, second);
        }
        if constexpr (single) {
          ETCH_UNROLL for (int kx = 0; kx < window.size; ++kx) {
            if (last + kx < 0 || last + kx >= window.in) continue;
            const Lanes pixel = hn::Set(tag, last_pixel[kx * s.conv.channels + channel]);
            alone = hn::MulAdd(pixel, tap[kx], alone);
          }
        }
      }
    }
    float* to = y + row * s.outputs.row + 2 * pair * s.outputs.column;
    const auto store = [&](int column, Lanes v) ETCH_LAMBDA {
      float* there = to + column * s.outputs.column;
      store_first(finish(v, tag, there, filters), tag, there, filters);
    };
    ETCH_UNROLL for (int p = 0; p < Pairs; ++p) {
      const Lanes shared = hn::Add(sum[p][both], bias);
      store(2 * p, hn::Add(sum[p][first], hn::Add(shared, sum[p][apart])));
      store(2 * p + 1, hn::Add(sum[p][second], hn::Sub(shared, sum[p][apart])));
    }
    if constexpr (single) store(2 * Pairs, alone);
  }

  /// `b` may be null: there are no biases then.
  HWY_INLINE void picture(const float* HWY_RESTRICT x, const float* HWY_RESTRICT w,
                          const float* HWY_RESTRICT b, float* y,
                          float* HWY_RESTRICT scratch) const {
    w += s.weights.first;
    y += s.outputs.first;
    int transformed = 0;  // rows
    for (int row = 0; row < s.conv.rows.out; ++row) {
      const int end = row * s.conv.rows.stride - s.conv.rows.before + s.conv.rows.size;
      for (; transformed < std::min(end, s.conv.rows.in); ++transformed) {
        transform(x, transformed, scratch + transformed % s.conv.rows.size * row_floats());
      }
      for (int filter = 0; filter < s.conv.filters; filter += lanes_of<Tag>) {
        const float* w_panel = w + filter / conv_panel * s.weights.panel + filter % conv_panel;
        const Lanes bias = b == nullptr ? hn::Zero(tag) : hn::LoadU(tag, b + filter);
        for_blocks<blocks, with_single>([&]<int Pairs, bool single>(int block) ETCH_LAMBDA {
          tile<Pairs, single>(x, scratch, w_panel, bias, y + filter, row, block * blocks.columns,
                              s.conv.filters - filter);
        });
      }
    }
  }

 private:
  using Channels = TagFor<sizes.conv.channels>;
};

/// dx = dy * W^T, from transposed weights: a convolution for each place of a pixel in a stride.
template <Conv2DPairsGradientSizes sizes, class Finish>
struct Conv2DPairsDataGradient {
  const Finish& finish;
  static constexpr bool better = sizes.better() && lanes == conv_panel;

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
