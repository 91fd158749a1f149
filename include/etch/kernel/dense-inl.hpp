// Dense products with sizes known at compile time: y = x W + b and its gradients.
//
//   x  [rows][x_stride]  inputs                 K  depth, the inputs of a sample
//   y  [rows][y_stride]  outputs                N  outputs of a sample
//   W                    in one of two layouts:
//     wide    panels [N / 32][K][32]: a panel's row is two vectors, its rows follow each other
//     narrow  [N][K padded to 16], for N <= 16, where a panel would be mostly padding
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

#include "etch/kernel/dense_layout.hpp"
#include "etch/kernel/gradient_store-inl.hpp"
#include "etch/kernel/loop_sizes.hpp"
#include "etch/kernel/tile-inl.hpp"
#include "etch/kernel/transpose-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace etch::HWY_NAMESPACE {

/// Sums that a tile holds in registers. Eight hide the latency of two FMA units, the rest saves
/// loads; 24 and their operands fit into 32 registers, 28 spill.
inline constexpr int dense_sums = registers == 32 ? 24 : 12;

/// Rows of a tile two vectors wide, forward.
inline constexpr int dense_rows = registers == 32 ? 8 : 6;

/// Calls `columns(Int<V>, first_column)` for groups of V = 2 or 1 vectors that cover N columns.
template <int N, class Columns>
HWY_INLINE void for_column_groups(const Columns& columns) {
  ETCH_SPECIALISED const int vectors = loop_sizes<ceil_div(N, lanes)>();
  for (int v = 0; v + 2 <= vectors; v += 2) columns(Int<2>(), v * lanes);
  if constexpr (ceil_div(N, lanes) % 2 == 1) columns(Int<1>(), (vectors - 1) * lanes);
}

// ---------------------------------------------------------------------------------------- wide

/// y = x W + b. While the rows pass a panel, the next one is fetched into the L2 cache, a share
/// with each row tile: weights that do not fit there come from where a core gets but 8 bytes a
/// cycle.
template <DenseSizes sizes, class Finish>
void dense_forward_wide(const float* HWY_RESTRICT x, const float* HWY_RESTRICT w,
                        const float* HWY_RESTRICT b, float* HWY_RESTRICT y, int rows,
                        const Finish& finish) {
  ETCH_SPECIALISED const DenseSizes s = loop_sizes<sizes>();
  for_column_groups<sizes.outputs>([&](auto vectors, int column) ETCH_LAMBDA {
    const float* w_column = w + s.panel(column);
    for_row_tiles<dense_rows>(rows, [&](auto tile_rows, int row) ETCH_LAMBDA {
      const float* ahead = w_column + s.panel(dense_panel) + row * s.panel(dense_panel) / rows;
      const int step = dense_panel * tile_rows / rows + 1;
      Tile<FloatTag, tile_rows, vectors> tile;
      tile.clear();
      tile.accumulate(Strided{x + row * s.x_stride, s.x_stride, 1}, w_column, dense_panel, s.inputs,
                      [&](int k) ETCH_LAMBDA { __builtin_prefetch(ahead + k * step, 0, 2); });
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
  HWY_INLINE void block(const float* HWY_RESTRICT turned, const float* HWY_RESTRICT w,
                        float* HWY_RESTRICT dx, int rows, int first) const {
    constexpr int R = std::max(samples, dense_sums / V / samples * samples) > inputs
                          ? samples
                          : std::max(samples, dense_sums / V / samples * samples);
    for (int k = first; k < first + inputs; k += R) {
      Tile<FloatTag, R, V> tile;
      tile.clear();
      for (int n = 0; n < s.outputs; n += dense_panel) {
        tile.accumulate(StridedPairs{w + s.panel(n) + k * dense_panel, dense_panel},
                        turned + n / 2 * V * lanes, V * lanes,
                        (std::min(dense_panel, s.outputs - n) + 1) / 2);
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

/// dW = x^T dy.
template <DenseSizes sizes>
struct DenseWeightGradient {
  ETCH_SPECIALISED const DenseSizes s = loop_sizes<sizes>();
  /// Inputs that are packed together: whole row tiles of any width.
  static constexpr int block = dense_sums;
  /// Vectors of a tile: four side by side need the fewest loads, 10 for 24 products.
  static constexpr int most = registers == 32 ? 4 : 2;

  /// Columns [column, end) of dy, a group of vectors after the other.
  HWY_INLINE void pack_dy(const float* HWY_RESTRICT dy, int rows, int column, int end,
                          float* HWY_RESTRICT to) const {
    for (int row = 0; row < rows; ++row) {  // whole rows: parts of them are not fetched ahead
      const float* from = dy + row * s.y_stride;
      for_groups(column, end, [&](auto vectors, int first) ETCH_LAMBDA {
        float* group = to + rows * (first - column) + row * vectors * lanes;
        for (int v = 0; v < vectors; ++v) {
          hn::StoreU(hn::LoadU(float_tag, from + first + v * lanes), float_tag, group + v * lanes);
        }
      });
    }
  }

  /// `count` columns of x in whole vectors of eight, which do not leave the sample. Returns how far
  /// rows then are apart.
  HWY_INLINE int pack_x(const float* HWY_RESTRICT x, int rows, int count,
                        float* HWY_RESTRICT to) const {
    const hn::CappedTag<float, 8> tag;
    const int width = round_up(count, 8);
    for (int row = 0; row < rows; ++row) {
      for (int c = 0; c < width; c += lanes_of<decltype(tag)>) {
        hn::StoreU(hn::LoadU(tag, x + row * s.x_stride + c), tag, to + row * width + c);
      }
    }
    return width;
  }

  /// `count` inputs from `input` on, `x` in their column, and the outputs in `dy`: V vectors of
  /// each sample, from `column` on.
  template <int V, class Store>
  HWY_INLINE void block_times(const float* HWY_RESTRICT x, std::ptrdiff_t x_stride,
                              const float* HWY_RESTRICT dy, float* dw, int rows, int input,
                              int count, int column, Store& store) const {
    for_row_tiles<dense_sums / V>(count, [&](auto tile_rows, int row) ETCH_LAMBDA {
      Tile<FloatTag, tile_rows, V> tile;
      const auto place = [&](int r, int n) ETCH_LAMBDA {
        return dw + s.panel(column + n) + (input + row + r) * dense_panel;
      };
      tile.clear();
      tile.each([&](Vec, int r, int n) ETCH_LAMBDA { store.prepare(place(r, n)); });
      tile.accumulate(Strided{x + row, 1, x_stride}, dy, V * lanes, rows);
      tile.each([&](Vec sum, int r, int n) ETCH_LAMBDA { store(sum, place(r, n)); });
    });
  }

  /// Calls `group(Int<V>, column)` for groups of V vectors that cover the columns [column, end).
  template <class Group>
  HWY_INLINE void for_groups(int column, int end, const Group& group) const {
    constexpr int rest = ceil_div(sizes.outputs, lanes) % most;
    for (; column + (most - 1) * lanes < end; column += most * lanes) group(Int<most>(), column);
    if constexpr (rest > 0) {
      if (column < end) group(Int<rest>(), column);
    }
  }

  /// Inputs [input, end) and outputs [column, column_end), where both begin at multiples of 32.
  /// `scratch`: rows x (32 + column_end - column, in whole vectors).
  template <class Store>
  HWY_INLINE void operator()(const float* HWY_RESTRICT x, const float* HWY_RESTRICT dy, float* dw,
                             int rows, int input, int end, int column, int column_end,
                             float* HWY_RESTRICT scratch, Store& store) const {
    float* packed_x = scratch + rows * round_up(column_end - column, lanes);
    pack_dy(dy, rows, column, column_end, scratch);
    for (; input < end; input += block) {
      const int count = std::min(block, end - input);
      const float* block_x = x + input;
      std::ptrdiff_t stride = s.x_stride;
      if (rows > dense_many_rows) {
        stride = pack_x(block_x, rows, count, packed_x);
        block_x = packed_x;
      }
      for_groups(column, column_end, [&](auto vectors, int first) ETCH_LAMBDA {
        block_times<vectors>(block_x, stride, scratch + rows * (first - column), dw, rows, input,
                             count, first, store);
      });
    }
  }
};

// -------------------------------------------------------------------------------------- narrow

template <DenseSizes sizes, class Finish>
struct DenseDots {
  const Finish& finish;
  ETCH_SPECIALISED const DenseSizes s = loop_sizes<sizes>();

  /// Outputs [0, Outputs) of `Rows` samples as dot products, the lanes along the inputs. Writes
  /// whole vectors: what follows is padding, or written later.
  template <int Rows, int Outputs>
  HWY_INLINE void tile(const float* HWY_RESTRICT x, const float* HWY_RESTRICT w,
                       const float* HWY_RESTRICT b, float* HWY_RESTRICT y) const {
    Vec sum[Rows][lanes];
    ETCH_UNROLL for (int r = 0; r < Rows; ++r) {
      ETCH_UNROLL for (int n = 0; n < Outputs; ++n) sum[r][n] = hn::Zero(float_tag);
    }
    for (int k = 0; k < s.inputs; k += lanes) {
      Vec x_k[Rows];
      ETCH_UNROLL for (int r = 0; r < Rows; ++r) x_k[r] =
          hn::LoadU(float_tag, x + r * s.x_stride + k);
      ETCH_UNROLL for (int n = 0; n < Outputs; ++n) {
        const Vec w_nk = hn::LoadU(float_tag, w + n * s.depth() + k);
        ETCH_UNROLL for (int r = 0; r < Rows; ++r) sum[r][n] = hn::MulAdd(x_k[r], w_nk, sum[r][n]);
      }
    }
    ETCH_UNROLL for (int r = 0; r < Rows; ++r) {
      const Vec dots = sum_each<FloatTag, Outputs>(sum[r]);
      const Vec sums = hn::Add(dots, hn::LoadU(float_tag, b));
      hn::StoreU(finish(sums), float_tag, y + r * s.y_stride);
    }
  }
};

/// y = x W^T + b.
template <DenseSizes sizes, class Finish>
void dense_forward_narrow(const float* HWY_RESTRICT x, const float* HWY_RESTRICT w,
                          const float* HWY_RESTRICT b, float* HWY_RESTRICT y, int rows,
                          const Finish& finish) {
  const DenseDots<sizes, Finish> dots{finish};
  const DenseSizes& s = dots.s;
  constexpr int most = std::min(registers - 6, lanes);  // sums of a row at a time
  constexpr int outputs = ceil_div(sizes.outputs, ceil_div(sizes.outputs, most));
  constexpr int rest = sizes.outputs % outputs;
  for_row_tiles<(registers - 6) / outputs >= 2 ? 2 : 1>(
      rows, [&](auto tile_rows, int row) ETCH_LAMBDA {
        const float* x_row = x + row * s.x_stride;
        float* y_row = y + row * s.y_stride;
        int n = 0;
        for (; n + outputs <= s.outputs; n += outputs) {
          dots.template tile<tile_rows, outputs>(x_row, w + n * s.depth(), b + n, y_row + n);
        }
        if constexpr (rest > 0) {
          dots.template tile<tile_rows, rest>(x_row, w + n * s.depth(), b + n, y_row + n);
        }
      });
}

/// dx = dy W, the lanes along the inputs.
template <DenseSizes sizes, class Finish>
void dense_data_gradient_narrow(const float* HWY_RESTRICT dy, const float* HWY_RESTRICT w,
                                float* HWY_RESTRICT dx, int rows, const Finish& finish) {
  ETCH_SPECIALISED const DenseSizes s = loop_sizes<sizes>();
  for_column_groups<sizes.inputs>([&](auto vectors, int column) ETCH_LAMBDA {
    for_row_tiles<dense_rows>(rows, [&](auto tile_rows, int row) ETCH_LAMBDA {
      Tile<FloatTag, tile_rows, vectors> tile;
      tile.clear();
      tile.accumulate(Strided{dy + row * s.y_stride, s.y_stride, 1}, w + column, s.depth(),
                      s.outputs);
      tile.store(dx + row * s.x_stride + column, s.x_stride, finish);
    });
  });
}

/// dW = dy^T x for inputs [first, end), where `first` is a multiple of 32.
template <DenseSizes sizes, class Store>
void dense_weight_gradient_narrow(const float* HWY_RESTRICT x, const float* HWY_RESTRICT dy,
                                  float* dw, int rows, int first, int end, Store& store) {
  ETCH_SPECIALISED const DenseSizes s = loop_sizes<sizes>();
  /// All outputs in one tile, or in two, with as many vectors of inputs as registers allow.
  constexpr int tiles = ceil_div(sizes.outputs, dense_sums),
                outputs = ceil_div(sizes.outputs, tiles);
  constexpr int vectors = std::clamp(dense_sums / outputs, 1, 4);
  const auto columns = [&](auto v, int k) ETCH_LAMBDA {
    for_row_tiles<outputs>(s.outputs, [&](auto tile_rows, int n) ETCH_LAMBDA {
      Tile<FloatTag, tile_rows, v> tile;
      tile.clear();
      tile.accumulate(Strided{dy + n, 1, s.y_stride}, x + k, s.x_stride, rows);
      tile.each([&](Vec sum, int r, int column)
                    ETCH_LAMBDA { store(sum, dw + (n + r) * s.depth() + k + column); });
    });
  };
  int k = first;
  for (; k + (vectors - 1) * lanes < end; k += vectors * lanes) columns(Int<vectors>(), k);
  if constexpr (vectors > 1) {
    for (; k < end; k += lanes) columns(Int<1>(), k);
  }
}

// ---------------------------------------------------------------------------------------- both

/// db[n] = sum of dy[row][n] over the rows, for n < N; `db` is padded to whole vectors.
template <int N, class Store>
void sum_rows(const float* HWY_RESTRICT dy, std::ptrdiff_t stride, float* db, int rows,
              Store& store) {
  ETCH_SPECIALISED const int columns = loop_sizes<N>();
  for (int n = 0; n < columns; n += lanes) {
    Vec sum = hn::Zero(float_tag);
    for (int row = 0; row < rows; ++row) {
      sum = hn::Add(sum, hn::LoadU(float_tag, dy + row * stride + n));
    }
    store(sum, db + n);
  }
}

}  // namespace etch::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
