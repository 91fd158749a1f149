// Dense products with sizes known at compile time: y = x W + b and its gradients.
//
//   x  [rows][x_stride]  inputs                 K  depth, the inputs of a sample
//   y  [rows][y_stride]  outputs                N  outputs of a sample
//   W                    in one of two layouts:
//     wide    panels [N / 32][K][32]: a panel's row is two vectors, its rows follow each other
//     narrow  [N][K padded to 16], for N <= 16, where a panel would be mostly padding
// What pads W, x and y is zero, and is left zero.
//
// `sizes` shapes the tile; `s` is what loops count with (loop_sizes.hpp).

#if defined(ETCH_KERNEL_DENSE_INL_HPP) == defined(HWY_TARGET_TOGGLE)
#ifdef ETCH_KERNEL_DENSE_INL_HPP
#undef ETCH_KERNEL_DENSE_INL_HPP
#else
#define ETCH_KERNEL_DENSE_INL_HPP
#endif

#include <algorithm>

#include "etch/kernel/dense_layout.hpp"
#include "etch/kernel/loop_sizes.hpp"
#include "etch/kernel/tile-inl.hpp"
#include "etch/kernel/transpose-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace etch::HWY_NAMESPACE {

/// Rows of a tile two vectors wide: 8 x 2 sums, or 6 x 2 in 16 registers. 12 x 2 saves another
/// tenth of the loads but does not divide a tile of 16 samples.
inline constexpr int dense_rows = registers == 32 ? 8 : 6;

/// Calls `columns(Int<V>, first_column)` for groups of V = 2 or 1 vectors that cover N columns.
template <int N, class Columns>
HWY_INLINE void for_column_groups(const Columns& columns) {
  ETCH_SPECIALISED const int vectors = loop_sizes<ceil_div(N, lanes)>();
  for (int v = 0; v + 2 <= vectors; v += 2) columns(Int<2>(), v * lanes);
  if constexpr (ceil_div(N, lanes) % 2 == 1) columns(Int<1>(), (vectors - 1) * lanes);
}

// ---------------------------------------------------------------------------------------- wide

/// y = x W + b.
template <DenseSizes sizes>
void dense_forward_wide(const float* HWY_RESTRICT x, const float* HWY_RESTRICT w,
                        const float* HWY_RESTRICT b, float* HWY_RESTRICT y, int rows) {
  ETCH_SPECIALISED const DenseSizes s = loop_sizes<sizes>();
  for_column_groups<sizes.outputs>([&](auto vectors, int column) ETCH_LAMBDA {
    const float* w_column = w + s.panel(column);
    for_row_tiles<dense_rows>(rows, [&](auto tile_rows, int row) ETCH_LAMBDA {
      Tile<FloatTag, tile_rows, vectors> tile;
      tile.clear();
      tile.accumulate({x + row * s.x_stride, s.x_stride, 1}, w_column, dense_panel, s.inputs);
      tile.add(b + column);
      tile.store(y + row * s.y_stride + column, s.y_stride);
    });
  });
}

/// dx = dy W^T. The samples are the lanes: W's elements are broadcast as they lie, and only dy and
/// dx, which are small beside W, are transposed. `scratch`: N padded to 32, times 16.
template <DenseSizes sizes, class Tag>
void dense_data_gradient_wide(const float* HWY_RESTRICT dy, const float* HWY_RESTRICT w,
                              float* HWY_RESTRICT dx, int rows, float* HWY_RESTRICT scratch) {
  ETCH_SPECIALISED const DenseSizes s = loop_sizes<sizes>();
  constexpr int samples = lanes_of<Tag>;
  constexpr int block = registers / 2;  // inputs at a time
  for (int n = 0; n < s.outputs; n += samples) {
    transpose_block<Tag>(dy + n, s.y_stride, rows, scratch + n * samples, samples);
  }
  const auto sum_over_outputs = [&](auto& tile, int k) ETCH_LAMBDA {
    tile.clear();
    for (int n = 0; n < s.outputs; n += dense_panel) {
      tile.accumulate({w + s.panel(n) + k * dense_panel, dense_panel, 1}, scratch + n * samples,
                      samples, std::min(dense_panel, s.outputs - n));
    }
  };
  if constexpr (sizes.inputs >= block) {
    for (int k = 0; k < s.inputs; k += block) {
      const int first = std::min(k, s.inputs - block);  // the last block may overlap
      Tile<Tag, block, 1> tile;
      sum_over_outputs(tile, first);
      ETCH_UNROLL for (int part = 0; part < block; part += samples) {
        hn::Vec<Tag> square[samples];
        ETCH_UNROLL for (int i = 0; i < samples; ++i) square[i] = tile.sum[part + i][0];
        transpose<Tag>(square);
        ETCH_UNROLL for (int i = 0; i < samples; ++i) {
          if (i < rows) hn::StoreU(square[i], Tag(), dx + i * s.x_stride + first + part);
        }
      }
    }
  } else {
    for (int k = 0; k < s.inputs; ++k) {
      Tile<Tag, 1, 1> tile;
      alignas(64) float column[samples];
      sum_over_outputs(tile, k);
      hn::Store(tile.sum[0][0], Tag(), column);
      for (int i = 0; i < rows; ++i) dx[i * s.x_stride + k] = column[i];
    }
  }
}

/// The same for any number of rows: the narrowest vectors that hold what is left of them.
template <DenseSizes sizes>
void dense_data_gradient_wide(const float* HWY_RESTRICT dy, const float* HWY_RESTRICT w,
                              float* HWY_RESTRICT dx, int rows, float* HWY_RESTRICT scratch) {
  ETCH_SPECIALISED const DenseSizes s = loop_sizes<sizes>();
  using Half = hn::CappedTag<float, std::max(lanes / 2, 4)>;
  for (int row = 0; row < rows; row += lanes) {
    const int count = std::min(lanes, rows - row);
    const float* dy_row = dy + row * s.y_stride;
    float* dx_row = dx + row * s.x_stride;
    if (count > lanes_of<Half>) {
      dense_data_gradient_wide<sizes, FloatTag>(dy_row, w, dx_row, count, scratch);
    } else {
      dense_data_gradient_wide<sizes, Half>(dy_row, w, dx_row, count, scratch);
    }
  }
}

/// dW = x^T dy for inputs [first, first + count) of the panel at `column`; dW is that panel.
/// `scratch`: rows x 32, for dy's columns side by side: a power of two apart they would alias.
template <DenseSizes sizes>
void dense_weight_gradient_wide(const float* HWY_RESTRICT x, const float* HWY_RESTRICT dy,
                                float* HWY_RESTRICT dw, int rows, int column, int first, int count,
                                float* HWY_RESTRICT scratch) {
  ETCH_SPECIALISED const DenseSizes s = loop_sizes<sizes>();
  constexpr int most = registers == 32 ? 12 : 6;
  for (int row = 0; row < rows; ++row) {
    for (int n = 0; n < dense_panel; n += lanes) {
      const Vec v = column + n < s.y_stride
                        ? hn::LoadU(float_tag, dy + row * s.y_stride + column + n)
                        : hn::Zero(float_tag);
      hn::Store(v, float_tag, scratch + row * dense_panel + n);
    }
  }
  for_column_groups<dense_panel>([&](auto vectors, int n) ETCH_LAMBDA {
    for_row_tiles<most>(count, [&](auto tile_rows, int row) ETCH_LAMBDA {
      Tile<FloatTag, tile_rows, vectors> tile;
      tile.clear();
      tile.accumulate({x + first + row, 1, s.x_stride}, scratch + n, dense_panel, rows);
      tile.store(dw + (first + row) * dense_panel + n, dense_panel);
    });
  });
}

// -------------------------------------------------------------------------------------- narrow

template <DenseSizes sizes>
struct DenseDots {
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
      hn::StoreU(hn::Add(dots, hn::LoadU(float_tag, b)), float_tag, y + r * s.y_stride);
    }
  }
};

/// y = x W^T + b.
template <DenseSizes sizes>
void dense_forward_narrow(const float* HWY_RESTRICT x, const float* HWY_RESTRICT w,
                          const float* HWY_RESTRICT b, float* HWY_RESTRICT y, int rows) {
  const DenseDots<sizes> dots;
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
template <DenseSizes sizes>
void dense_data_gradient_narrow(const float* HWY_RESTRICT dy, const float* HWY_RESTRICT w,
                                float* HWY_RESTRICT dx, int rows) {
  ETCH_SPECIALISED const DenseSizes s = loop_sizes<sizes>();
  for_column_groups<sizes.inputs>([&](auto vectors, int column) ETCH_LAMBDA {
    for_row_tiles<dense_rows>(rows, [&](auto tile_rows, int row) ETCH_LAMBDA {
      Tile<FloatTag, tile_rows, vectors> tile;
      tile.clear();
      tile.accumulate({dy + row * s.y_stride, s.y_stride, 1}, w + column, s.depth(), s.outputs);
      tile.store(dx + row * s.x_stride + column, s.x_stride);
    });
  });
}

/// dW = dy^T x for inputs [first, first + count), count a multiple of 16 but at the end. All
/// outputs in one tile, where registers allow two vectors of inputs wide: x comes from L2, a line
/// at a time.
template <DenseSizes sizes>
void dense_weight_gradient_narrow(const float* HWY_RESTRICT x, const float* HWY_RESTRICT dy,
                                  float* HWY_RESTRICT dw, int rows, int first, int count) {
  ETCH_SPECIALISED const DenseSizes s = loop_sizes<sizes>();
  constexpr int outputs = ceil_div(sizes.outputs, ceil_div(sizes.outputs, 12));
  const auto columns = [&](auto vectors, int k) ETCH_LAMBDA {
    for_row_tiles<outputs>(s.outputs, [&](auto tile_rows, int n) ETCH_LAMBDA {
      Tile<FloatTag, tile_rows, vectors> tile;
      tile.clear();
      tile.accumulate({dy + n, 1, s.y_stride}, x + k, s.x_stride, rows);
      tile.store(dw + n * s.depth() + k, s.depth());
    });
  };
  const int end = first + count;
  int k = first;
  if constexpr (registers == 32) {
    for (; k + 2 * lanes <= end; k += 2 * lanes) columns(Int<2>(), k);
  }
  for (; k < end; k += lanes) columns(Int<1>(), k);
}

// ---------------------------------------------------------------------------------------- both

/// db[n] = sum of dy[row][n] over the rows, for n < N; `db` is padded to whole vectors.
template <int N>
void sum_rows(const float* HWY_RESTRICT dy, std::ptrdiff_t stride, float* HWY_RESTRICT db,
              int rows) {
  ETCH_SPECIALISED const int columns = loop_sizes<N>();
  for (int n = 0; n < columns; n += lanes) {
    Vec sum = hn::Zero(float_tag);
    for (int row = 0; row < rows; ++row) {
      sum = hn::Add(sum, hn::LoadU(float_tag, dy + row * stride + n));
    }
    hn::StoreU(sum, float_tag, db + n);
  }
}

}  // namespace etch::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
