// Convolutions with fewer products, for inference: Winograd's minimal filtering (A. Lavin, S. Gray:
// Fast Algorithms for Convolutional Neural Networks, 2015). A tile of 6x6 inputs and the window are
// polynomials; they are evaluated at 6x6 points, multiplied there, and the product is interpolated:
// 36 products in place of 100 for the 2x2 outputs of a window of 5x5, of 144 for the 4x4 of one of
// 3x3.
//
// The points are 0, 1, -1, 2, -1/2 and infinity, of the sets tried the one that rounds least: root
// mean squares of errors are 2.7 to 4.5 times those of plain sums (with -2 in place of -1/2 3.8 to
// 7.5 times). Yet outputs are differences of larger numbers: where plain sums are zero, or equal,
// these are so but for rounding, and the gradients of ReLU and MaxPool2D would see that. Training
// has pairs, see conv2d_pairs-inl.hpp, or plain sums.

#if defined(ETCH_KERNEL_CONV2D_WINOGRAD_INL_HPP) == defined(HWY_TARGET_TOGGLE)
#ifdef ETCH_KERNEL_CONV2D_WINOGRAD_INL_HPP
#undef ETCH_KERNEL_CONV2D_WINOGRAD_INL_HPP
#else
#define ETCH_KERNEL_CONV2D_WINOGRAD_INL_HPP
#endif

#include <algorithm>

#include "etch/kernel/conv2d_blocks-inl.hpp"
#include "etch/kernel/conv2d_winograd_layout.hpp"
#include "etch/kernel/loop_sizes.hpp"
#include "etch/kernel/max_pool2d-inl.hpp"
#include "etch/kernel/vec-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace etch::HWY_NAMESPACE {

// -------------------------------------------------------------------- transforms of one dimension

/// Takes the inputs under a tile to the points: to each by the product of (x - p) over the others.
template <class V>
HWY_INLINE void data_transform(const V (&x)[6], V (&at)[6]) {
  constexpr hn::DFromV<V> d;
  const V half = hn::Set(d, 0.5f), more = hn::Set(d, 1.5f), twice = hn::Set(d, 2.0f);
  const V even = hn::Sub(x[4], x[2]), odd = hn::Sub(x[1], x[3]);
  const V a = hn::NegMulAdd(more, x[3], even), b = hn::MulAdd(more, x[2], odd);
  at[0] = hn::Add(hn::MulAdd(more, odd, hn::Sub(x[0], x[2])), even);
  at[1] = hn::Sub(a, b);
  at[2] = hn::Add(a, b);
  at[3] = hn::NegMulAdd(half, odd, even);
  at[4] = hn::MulAdd(twice, odd, even);
  at[5] = hn::Add(hn::NegMulAdd(more, even, hn::Sub(x[5], x[3])), odd);
}

/// Takes the taps of a window to the points: their polynomial there, divided by the product of the
/// point's differences from the others.
template <int Taps, class V>
HWY_INLINE void filter_transform(const V (&w)[Taps], V (&at)[6]) {
  static_assert(Taps == 3 || Taps == 5);
  constexpr hn::DFromV<V> d;
  const auto times = [&](float factor, V v) ETCH_LAMBDA { return hn::Mul(hn::Set(d, factor), v); };
  V even = hn::Add(w[0], w[2]), odd = w[1];
  if constexpr (Taps == 5) even = hn::Add(even, w[4]), odd = hn::Add(odd, w[3]);
  const auto value = [&](float point, float factor) ETCH_LAMBDA {
    V sum = times(factor, w[0]);
    ETCH_UNROLL for (int i = 1; i < Taps; ++i) {
      factor *= point;
      sum = hn::MulAdd(hn::Set(d, factor), w[i], sum);
    }
    return sum;
  };
  at[0] = w[0];
  at[1] = times(-1 / 3.0f, hn::Add(even, odd));
  at[2] = times(1 / 3.0f, hn::Sub(even, odd));
  at[3] = value(2, 1 / 15.0f);
  at[4] = value(-0.5f, -16 / 15.0f);
  at[5] = w[Taps - 1];
}

/// Takes the products at the points to the outputs of a tile.
template <int Outputs, class V>
HWY_INLINE void inverse_transform(const V (&at)[6], V (&y)[Outputs]) {
  static_assert(Outputs == 2 || Outputs == 4);
  constexpr hn::DFromV<V> d;
  const V sum = hn::Add(at[1], at[2]), difference = hn::Sub(at[1], at[2]);
  // Adds what the points 2 and -1/2 have in power `i` of x.
  const auto others = [&](int i, V to) ETCH_LAMBDA {
    const auto power = static_cast<float>(1 << i);
    const V with_two = hn::MulAdd(hn::Set(d, power), at[3], to);
    return hn::MulAdd(hn::Set(d, (i % 2 == 0 ? 1 : -1) / power), at[4], with_two);
  };
  y[0] = hn::Add(hn::Add(at[0], sum), hn::Add(at[3], at[4]));
  y[1] = others(1, difference);
  if constexpr (Outputs == 4) {
    y[2] = others(2, sum);
    y[3] = others(3, difference);
  }
  y[Outputs - 1] = hn::Add(y[Outputs - 1], at[5]);
}

// ----------------------------------------------------------------------------- what is stored

/// Whether tiles of outputs hold whole windows of a pooling.
template <Conv2DWinogradSizes sizes, MaxPool2DSizes pool>
inline constexpr bool tiles_hold_windows = [] {
  const int side = pool.rows.size;
  return pool.unrolls() && pool.columns.size == side && pool.rows.stride == side &&
         pool.columns.stride == side && sizes.outputs() % side == 0;
}();

/// Windows of one output each: what stores them stores all.
template <Conv2DSizes sizes>
inline constexpr MaxPool2DSizes every_output{slide<Valid>(sizes.rows.out, 1, 1),
                                             slide<Valid>(sizes.columns.out, 1, 1), sizes.filters};

/// The largest output of each window of such a pooling, to y.
template <Conv2DWinogradSizes sizes, MaxPool2DSizes pool, class Finish>
struct Conv2DWinogradStore {
  static constexpr int side = sizes.outputs(), window = pool.rows.size;
  const Finish& finish;
  float* y;
  std::ptrdiff_t y_stride;

  /// `tile` are the outputs from (row, column) on, without their bias.
  template <class Tag>
  HWY_INLINE void operator()(Tag d, const hn::Vec<Tag> (&tile)[side][side], hn::Vec<Tag> bias,
                             int sample, int row, int column, int filter) const {
    ETCH_SPECIALISED const MaxPool2DSizes s = loop_sizes<pool>();
    const int count = s.channels - filter;
    ETCH_UNROLL for (int r = 0; r < side; r += window) {
      ETCH_UNROLL for (int c = 0; c < side; c += window) {
        const int oy = (row + r) / window, ox = (column + c) / window;
        if (oy >= s.rows.out || ox >= s.columns.out) continue;
        hn::Vec<Tag> largest = tile[r][c];
        ETCH_UNROLL for (int i = 1; i < window * window; ++i) {
          largest = larger(tile[r + i / window][c + i % window], largest);
        }
        float* to = y + sample * y_stride + (oy * s.columns.out + ox) * s.channels + filter;
        store_first(finish(hn::Add(largest, bias), d, to, count), d, to, count);
      }
    }
  }
};

// ------------------------------------------------------------------------------------- forward

/// Row of tiles by row of tiles: its inputs are transformed, for all channels in the lanes; then
/// some tiles at a time are multiplied and added up over the channels, filters in the lanes, for
/// one row of points after the other, so that the sums of its points stay in registers.
template <Conv2DWinogradSizes sizes>
struct Conv2DWinogradForward {
  static constexpr int points = sizes.points, side = sizes.outputs(), taps = sizes.conv.kernel();
  using Tag = TagFor<sizes.conv.filters>;
  using Lanes = hn::Vec<Tag>;
  static constexpr Tag tag{};
  ETCH_SPECIALISED const Conv2DWinogradSizes s = loop_sizes<sizes>();

  /// Where the sums of five tiles fit into the registers, of whole vectors. Of two, as on other
  /// targets, a load serves too few products (AVX2: 14x14x16 to 16, 5x5, 0.83, 28x28x16 to 16, 3x3,
  /// 1.25 times as fast as plain sums, AVX-512 1.63 and 2.06).
  static constexpr bool better = sizes.better() && lanes == conv_panel;

  /// Tiles whose sums fit into the registers, beside a weight and a pixel.
  static constexpr Blocks blocks = balanced(sizes.tile_columns(), (registers - 2) / points, 1);

  /// to[filter panel][point][channel][point][16].
  HWY_INLINE void transform_weights(const float* HWY_RESTRICT w, float* HWY_RESTRICT to) const {
    for (int filter = 0; filter < s.conv.filters; filter += lanes_of<Tag>) {
      for (int channel = 0; channel < s.conv.channels; ++channel) {
        Lanes half[taps][points];
        ETCH_UNROLL for (int kx = 0; kx < taps; ++kx) {
          Lanes column[taps];
          ETCH_UNROLL for (int ky = 0; ky < taps; ++ky) {
            column[ky] = hn::Load(tag, w + s.conv.place(ky, kx, channel, filter));
          }
          filter_transform(column, half[kx]);
        }
        ETCH_UNROLL for (int i = 0; i < points; ++i) {
          Lanes row[taps], at[points];
          ETCH_UNROLL for (int kx = 0; kx < taps; ++kx) row[kx] = half[kx][i];
          filter_transform(row, at);
          ETCH_UNROLL for (int j = 0; j < points; ++j) {
            hn::Store(at[j], tag, to + weight(filter, i, channel, j));
          }
        }
      }
    }
  }

  /// Where the transformed weight at point (i, j) lies.
  HWY_INLINE std::ptrdiff_t weight(int filter, int i, int channel, int j) const {
    const int panel = filter / conv_panel;
    return (((std::ptrdiff_t{panel} * points + i) * s.conv.channels + channel) * points + j) *
               conv_panel +
           filter % conv_panel;
  }

  /// The rows of x under the tiles whose outputs begin at `row` to lines[point][s.line()], whose
  /// borders are zero. `beyond`: a row of zeros.
  HWY_INLINE void transform_rows(const float* HWY_RESTRICT x, int row, float* HWY_RESTRICT lines,
                                 const float* HWY_RESTRICT beyond) const {
    constexpr int floats = sizes.conv.columns.in * sizes.conv.channels, rest = floats % lanes;
    const float* line[points];
    ETCH_UNROLL for (int i = 0; i < points; ++i) {
      const int iy = row - s.conv.rows.before + i;
      const bool inside = iy >= 0 && iy < s.conv.rows.in;
      line[i] = inside ? x + iy * s.conv.columns.in * s.conv.channels : beyond;
    }
    lines += s.conv.columns.before * s.conv.channels;
    const auto transform = [&](int from, int count) ETCH_LAMBDA {
      Vec pixels[points], at[points];
      ETCH_UNROLL for (int i = 0; i < points; ++i) {
        pixels[i] = load_first(float_tag, line[i] + from, count);
      }
      data_transform(pixels, at);
      ETCH_UNROLL for (int i = 0; i < points; ++i) {
        hn::StoreU(at[i], float_tag, lines + i * s.line() + from);
      }
    };
    int from = 0;
    for (; from + lanes <= floats; from += lanes) transform(from, lanes);
    if constexpr (rest > 0) transform(from, rest);
  }

  /// Those lines to the points of each tile: to[point][point][tile][s.pixel()].
  HWY_INLINE void transform_columns(const float* HWY_RESTRICT lines, float* HWY_RESTRICT to) const {
    using Channels = TagFor<sizes.conv.channels>;
    constexpr Channels d;
    for (int i = 0; i < points; ++i) {
      for (int tile = 0; tile < s.tile_columns(); ++tile) {
        const float* first = lines + i * s.line() + tile * side * s.conv.channels;
        for (int channel = 0; channel < s.conv.channels; channel += lanes_of<Channels>) {
          hn::Vec<Channels> pixels[points], at[points];
          ETCH_UNROLL for (int j = 0; j < points; ++j) {
            pixels[j] = hn::LoadU(d, first + j * s.conv.channels + channel);
          }
          data_transform(pixels, at);
          ETCH_UNROLL for (int j = 0; j < points; ++j) {
            hn::Store(
                at[j], d,
                to + std::ptrdiff_t{i * points + j} * s.pixels() + tile * s.pixel() + channel);
          }
        }
      }
    }
  }

  /// Multiplies `Tiles` tiles at `pixels` by the weights of a vector of filters at `w`, and calls
  /// `take(outputs, tile)` for each.
  template <int Tiles, class Take>
  HWY_INLINE void products(const float* HWY_RESTRICT pixels, const float* HWY_RESTRICT w,
                           const Take& take) const {
    Lanes half[points][Tiles][side];
    for (int i = 0; i < points; ++i) {
      Lanes sum[Tiles][points];
      ETCH_UNROLL for (int tile = 0; tile < Tiles; ++tile) {
        ETCH_UNROLL for (int j = 0; j < points; ++j) sum[tile][j] = hn::Zero(tag);
      }
      for (int channel = 0; channel < s.conv.channels; ++channel) {
        ETCH_UNROLL for (int j = 0; j < points; ++j) {
          const Lanes weights = in_register(hn::Load(tag, w + weight(0, i, channel, j)));
          const float* pixel = pixels + std::ptrdiff_t{i * points + j} * s.pixels() + channel;
          ETCH_UNROLL for (int tile = 0; tile < Tiles; ++tile) {
            const Lanes everywhere = hn::Set(tag, pixel[tile * s.pixel()]);
            sum[tile][j] = hn::MulAdd(everywhere, weights, sum[tile][j]);
          }
        }
      }
      ETCH_UNROLL for (int tile = 0; tile < Tiles; ++tile) {
        inverse_transform(sum[tile], half[i][tile]);
      }
    }
    ETCH_UNROLL for (int tile = 0; tile < Tiles; ++tile) {
      Lanes y[side][side];
      ETCH_UNROLL for (int c = 0; c < side; ++c) {
        Lanes at[points], column[side];
        ETCH_UNROLL for (int i = 0; i < points; ++i) at[i] = half[i][tile][c];
        inverse_transform(at, column);
        ETCH_UNROLL for (int r = 0; r < side; ++r) y[r][c] = column[r];
      }
      take(y, tile);
    }
  }

  /// What becomes of a tile, `store` says: see Conv2DWinogradStore.
  template <class Store>
  HWY_INLINE void operator()(const float* HWY_RESTRICT x, const float* HWY_RESTRICT w,
                             const float* HWY_RESTRICT b, int samples, float* HWY_RESTRICT scratch,
                             const Store& store) const {
    float *weights = scratch, *lines = weights + s.weights(), *beyond = lines + points * s.line();
    float* pixels = beyond + s.line();
    transform_weights(w, weights);
    std::fill_n(lines, (points + 1) * s.line(), 0.0f);
    for (int n = 0; n < samples; ++n) {
      for (int row = 0; row < s.conv.rows.out; row += side) {
        transform_rows(x + n * s.conv.x_stride, row, lines, beyond);
        transform_columns(lines, pixels);
        for (int filter = 0; filter < s.conv.filters; filter += lanes_of<Tag>) {
          const Lanes bias = hn::LoadU(tag, b + filter);
          for_blocks<blocks>([&]<int Tiles>(int block) ETCH_LAMBDA {
            const int first = block * blocks.columns;
            products<Tiles>(pixels + first * s.pixel(), weights + weight(filter, 0, 0, 0),
                            [&](const Lanes(&y)[side][side], int tile) ETCH_LAMBDA {
                              store(tag, y, bias, n, row, (first + tile) * side, filter);
                            });
          });
        }
      }
    }
  }
};

}  // namespace etch::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
