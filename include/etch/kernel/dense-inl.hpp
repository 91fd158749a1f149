// Dense products with sizes known at compile time: y = x W + b and the gradient of x; that of W is
// dense_weight_gradient-inl.hpp's.
//
//   x  [rows][x_stride]  inputs                 K  depth, the inputs of a sample
//   y  [rows][y_stride]  outputs                N  outputs of a sample
//   W                    panels [N / 32][K][32]: a panel's row is 32 floats, its rows follow each
//                        other. Where W lies transposed: dense_transposed-inl.hpp
// What pads W, x and y is zero, and is left zero.
//
// `sizes` shapes the tile; `s` is what loops count with (loop_sizes.hpp); `finish` has the last
// word on what is stored (finish-inl.hpp).

#if defined(ETCH_KERNEL_DENSE_INL_HPP) == defined(HWY_TARGET_TOGGLE)
#ifdef ETCH_KERNEL_DENSE_INL_HPP
#undef ETCH_KERNEL_DENSE_INL_HPP
#else
#define ETCH_KERNEL_DENSE_INL_HPP
#endif

#include <algorithm>

#include "etch/kernel/dense_blocks-inl.hpp"
#include "etch/kernel/dense_layout.hpp"
#include "etch/kernel/dense_transposed-inl.hpp"
#include "etch/kernel/loop_sizes.hpp"
#include "etch/kernel/tile-inl.hpp"
#include "etch/kernel/transpose-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace etch::HWY_NAMESPACE {

/// Whether weights come from beyond the L2 cache, of which they would fill half (1 MB) or more.
template <DenseSizes sizes>
inline constexpr bool dense_weights_stream = sizes.weights() * sizeof(float) >= 1'000'000;

/// Panel rows that are fetched before the row that is multiplied: loads alone ask too late.
inline constexpr int dense_rows_ahead = 4;

/// y = x W + b for one sample and V vectors of outputs: sums of one row of a tile would be too few
/// to hide how long a product takes (784x64 in panels: 24 % of peak by two vectors, 36 by four).
/// Weights from beyond the L2 cache are fetched ahead (784x1024: 24 µs, 30 without, on a Zen 5;
/// 400x128 in panels would lose 6 %). Two rounds at once: by single ones a Zen 4 takes 36 µs for it
/// or 45, as the loop happens to lie in memory, 34 so.
template <DenseSizes sizes, int V, class Finish>
HWY_INLINE void dense_forward_one(const float* HWY_RESTRICT x, const float* HWY_RESTRICT w,
                                  const float* HWY_RESTRICT b, float* HWY_RESTRICT y,
                                  const Finish& finish) {
  ETCH_SPECIALISED const DenseSizes s = loop_sizes<sizes>();
  Vec sum[V];
  ETCH_UNROLL for (int v = 0; v < V; ++v) sum[v] = hn::Zero(float_tag);
  ETCH_UNROLL_TWICE for (int k = 0; k < s.inputs; ++k) {
    const Vec x_k = hn::Set(float_tag, x[k]);
    ETCH_UNROLL for (int v = 0; v < V; ++v) {
      const float* w_k = w + s.panel(v * lanes) + k * dense_panel;
      if (dense_weights_stream<sizes> && v * lanes % cache_line == 0) {
        __builtin_prefetch(w_k + dense_rows_ahead * dense_panel);
      }
      sum[v] = hn::MulAdd(x_k, hn::LoadU(float_tag, w_k), sum[v]);
    }
  }
  ETCH_UNROLL for (int v = 0; v < V; ++v) {
    const Vec all = hn::Add(sum[v], hn::LoadU(float_tag, b + v * lanes));
    hn::StoreU(finish(all, float_tag, y + v * lanes, lanes), float_tag, y + v * lanes);
  }
}

/// y = x W + b. Weights pass a row tile faster than they come from the L2 cache when loads alone
/// ask for them: they are fetched some rows ahead (128x784x64 in panels: 96 % of peak, 92 without).
/// While the rows pass a panel, the next one is fetched into the L2 cache, a share with each row
/// tile: weights that do not fit there come from where a core gets but 8 bytes a cycle. Few rows
/// wait for that alone, and a panel ahead comes in the way of what they need: they fetch a place
/// that is near anyway.
template <DenseSizes sizes, class Finish>
void dense_forward_wide(const float* HWY_RESTRICT x, const float* HWY_RESTRICT w,
                        const float* HWY_RESTRICT b, float* HWY_RESTRICT y, int rows,
                        const Finish& finish) {
  ETCH_SPECIALISED const DenseSizes s = loop_sizes<sizes>();
  if (rows == 1) {
    // Weights that stream come fastest panel by panel (784x1024: 23.8 µs, 24.4 by four).
    constexpr int most = dense_weights_stream<sizes> ? dense_panel / lanes : 8;
    return for_column_groups<sizes.outputs, most>([&](auto vectors, int column) ETCH_LAMBDA {
      dense_forward_one<sizes, vectors>(x, w + s.panel(column), b + column, y + column, finish);
    });
  }
  const bool few = rows <= dense_rows;
  for_column_groups<sizes.outputs, 2>([&](auto vectors, int column) ETCH_LAMBDA {
    const float* w_column = w + s.panel(column);
    for_sample_tiles<dense_rows>(rows, [&](auto tile_rows, int row) ETCH_TILE {
      const float* share = w_column + s.panel(dense_panel) + row * s.panel(dense_panel) / rows;
      const float* ahead = few ? w_column : share;
      const int step = few ? 0 : dense_panel * tile_rows / rows + 1;
      GroupTile<tile_rows, decltype(vectors)> tile;
      tile.clear();
      tile.accumulate(Strided{x + row * s.x_stride, s.x_stride, 1}, w_column, dense_panel, s.inputs,
                      [&](int k) ETCH_LAMBDA {
                        __builtin_prefetch(ahead + k * step, 0, 2);
                        if constexpr (tile_rows > 2) {  // others are loads above all
                          for (int n = 0; n < vectors * lanes; n += cache_line) {
                            __builtin_prefetch(w_column + (k + dense_rows_ahead) * dense_panel + n);
                          }
                        }
                      });
      tile.add(b + column);
      tile.store(y + row * s.y_stride + column, s.y_stride, finish);
    });
  });
}

/// dx = dy W^T for up to 64 samples. A vector of sums is for half as many samples as it has lanes:
/// one lane sums the even outputs, one the odd, and two weights are broadcast as they lie. Only dy
/// and dx, which are small beside W, are transposed. `scratch`: dy, in whole vectors of samples.
template <DenseSizes sizes, class Finish>
struct DenseDataGradient {
  const Finish& finish;
  ETCH_SPECIALISED const DenseSizes s = loop_sizes<sizes>();
  static constexpr int samples = lanes / 2;  // of a vector, and inputs of a transposed square
  static constexpr int inputs = sizes.inputs >= dense_sums ? dense_sums : samples;  // of a block
  static constexpr int most = 3;                                                    // vectors
  ETCH_SPECIALISED const int pairs = loop_sizes<ceil_div(round_up(sizes.outputs, lanes), 2)>();

  /// Writes `V` vectors of `rows` samples: to[pair][vector][sample][2].
  template <int V>
  HWY_INLINE void turn(const float* HWY_RESTRICT dy, int rows, float* HWY_RESTRICT to) const {
    const hn::Repartition<double, FloatTag> two;
    for (int v = 0; v < V; ++v) {
      for (int pair = 0; pair < pairs; pair += samples) {
        hn::Vec<decltype(two)> square[samples];
        ETCH_UNROLL for (int i = 0; i < samples; ++i) {
          const int sample = v * samples + i;
          square[i] = hn::BitCast(
              two, sample < rows ? hn::LoadU(float_tag, dy + sample * s.y_stride + 2 * pair)
                                 : hn::Zero(float_tag));
        }
        transpose<decltype(two)>(square);
        ETCH_UNROLL for (int i = 0; i < samples; ++i) {
          hn::StoreU(hn::BitCast(float_tag, square[i]), float_tag,
                     to + ((pair + i) * V + v) * lanes);
        }
      }
    }
  }

  /// Inputs [first, first + inputs) of `V` vectors of samples.
  template <int V>
  HWY_NOINLINE void block(const float* HWY_RESTRICT turned, const float* HWY_RESTRICT w,
                          float* HWY_RESTRICT dx, int rows, int first) const {
    constexpr int most_inputs = std::max(samples, dense_sums / V / samples * samples);
    constexpr int R = most_inputs > inputs ? samples : most_inputs;
    // For one vector of samples, weights pass faster than they come from the L2 cache when each
    // tile's first loads find out: the next tile's are fetched (16x784x64 in panels, by 8: 67 to
    // 72 % of peak).
    constexpr int lines = V == 1 ? ceil_div(R, 8) : 0;  // of the next tile, for each pair
    for (int k = first; k < first + inputs; k += R) {
      Tile<FloatTag, R, V> tile;
      tile.clear();
      for (int n = 0; n < s.outputs; n += dense_panel) {
        const float* panel = w + s.panel(n) + k * dense_panel;
        tile.accumulate(
            StridedPairs{panel, dense_panel}, turned + n / 2 * V * lanes, V * lanes,
            (std::min(dense_panel, s.outputs - n) + 1) / 2, [&](int pair) ETCH_LAMBDA {
              ETCH_UNROLL for (int i = 0; i < lines; ++i) {
                __builtin_prefetch(panel + R * dense_panel + (pair * lines + i) * cache_line);
              }
            });
      }
      ETCH_UNROLL for (int part = 0; part < R; part += samples) {
        ETCH_UNROLL for (int v = 0; v < V; ++v) {
          Vec square[samples];
          ETCH_UNROLL for (int i = 0; i < samples; ++i) square[i] = tile.sum[part + i][v];
          add_pairs<FloatTag>(square);
          store(square, dx + v * samples * s.x_stride + k + part, rows - v * samples);
        }
      }
    }
  }

  /// The first `rows` samples' inputs, as add_pairs leaves them.
  HWY_INLINE void store(const Vec (&square)[samples], float* HWY_RESTRICT dx, int rows) const {
    const hn::Half<FloatTag> half;
    const auto store_half = [&](auto v, int row) ETCH_LAMBDA {
      float* to = dx + row * s.x_stride;
      if (row < rows) hn::StoreU(finish(v, half, to, samples), half, to);
    };
    ETCH_UNROLL for (int i = 0; i < samples / 2; ++i) {
      store_half(hn::LowerHalf(half, square[i]), i);
      store_half(hn::UpperHalf(half, square[i]), i + samples / 2);
    }
  }

  /// Calls `group(Int<V>, row)` for the samples of V vectors each.
  template <class Group>
  HWY_INLINE void for_groups(int rows, const Group& group) const {
    int row = 0;
    for (; row + (most - 1) * samples < rows; row += most * samples) group(Int<most>(), row);
    if (row + samples < rows) return group(Int<2>(), row);
    if (row < rows) group(Int<1>(), row);
  }

  /// Each weight is read once for all samples.
  HWY_INLINE void operator()(const float* HWY_RESTRICT dy, const float* HWY_RESTRICT w,
                             float* HWY_RESTRICT dx, int rows, float* HWY_RESTRICT scratch) const {
    for_groups(rows, [&](auto vectors, int row) ETCH_LAMBDA {
      turn<vectors>(dy + row * s.y_stride, rows - row, scratch + 2 * pairs * row);
    });
    for (int k = 0; k < s.inputs; k += inputs) {
      const int first = std::min(k, s.inputs - inputs);  // the last block may overlap
      for_groups(rows, [&](auto vectors, int row) ETCH_LAMBDA {
        block<vectors>(scratch + 2 * pairs * row, w, dx + row * s.x_stride, rows - row, first);
      });
    }
  }
};

/// The same for any number of samples.
template <DenseSizes sizes, class Finish>
void dense_data_gradient_wide(const float* HWY_RESTRICT dy, const float* HWY_RESTRICT w,
                              float* HWY_RESTRICT dx, int rows, float* HWY_RESTRICT scratch,
                              const Finish& finish) {
  ETCH_SPECIALISED const DenseSizes s = loop_sizes<sizes>();
  if constexpr (sizes.inputs >= lanes / 2) {
    for (int row = 0; row < rows; row += dense_turned_rows) {
      DenseDataGradient<sizes, Finish>{finish}(dy + row * s.y_stride, w, dx + row * s.x_stride,
                                               std::min(dense_turned_rows, rows - row), scratch);
    }
  } else {  // too few for a vector
    for (int row = 0; row < rows; ++row) {
      for (int k = 0; k < s.inputs; ++k) {
        float sum = 0;
        for (int n = 0; n < s.outputs; ++n) {
          sum += dy[row * s.y_stride + n] * w[s.panel(n) + k * dense_panel];
        }
        constexpr hn::CappedTag<float, 1> one;
        float* to = dx + row * s.x_stride + k;
        hn::StoreU(finish(hn::Set(one, sum), one, to, 1), one, to);
      }
    }
  }
}

}  // namespace etch::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
