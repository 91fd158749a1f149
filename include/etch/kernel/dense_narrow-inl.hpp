// dense-inl.hpp's products for N <= 16 outputs, where a panel would be mostly padding: W lies
// [N][depth()], a row of inputs for each output.

#if defined(ETCH_KERNEL_DENSE_NARROW_INL_HPP) == defined(HWY_TARGET_TOGGLE)
#ifdef ETCH_KERNEL_DENSE_NARROW_INL_HPP
#undef ETCH_KERNEL_DENSE_NARROW_INL_HPP
#else
#define ETCH_KERNEL_DENSE_NARROW_INL_HPP
#endif

#include <algorithm>

#include "etch/kernel/dense_blocks-inl.hpp"
#include "etch/kernel/dense_layout.hpp"
#include "etch/kernel/loop_sizes.hpp"
#include "etch/kernel/tile-inl.hpp"
#include "etch/kernel/transpose-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace etch::HWY_NAMESPACE {

template <DenseSizes sizes, class Finish>
struct DenseDots {
  const Finish& finish;
  ETCH_SPECIALISED const DenseSizes s = loop_sizes<sizes>();

  /// Whether the next two samples are fetched while two are multiplied: pictures that are read in
  /// place come from the L3 cache (logistic_l2's step: 19.7 µs, 24.2 without). They must fit beside
  /// the weights into the L1 cache of 48 KiB (1024x10, which does not: 83 % of peak, 95 without).
  static constexpr bool fetches = sizeof(float) * (sizes.outputs + 4) * sizes.depth() <= 48 * 1024;

  /// Outputs [0, Outputs) of `Rows` samples as dot products, the lanes along the inputs. Writes
  /// whole vectors, if there is `room`: what follows is padding, or written later.
  template <int Rows, int Outputs>
  HWY_INLINE void tile(const float* HWY_RESTRICT x, const float* HWY_RESTRICT w,
                       const float* HWY_RESTRICT b, float* HWY_RESTRICT y, int room) const {
    Vec sum[Rows][lanes];
    ETCH_UNROLL for (int r = 0; r < Rows; ++r) {
      ETCH_UNROLL for (int n = 0; n < Outputs; ++n) sum[r][n] = hn::Zero(float_tag);
    }
    for (int k = 0; k < s.inputs; k += lanes) {
      Vec x_k[Rows];
      ETCH_UNROLL for (int r = 0; r < Rows; ++r) {
        x_k[r] = hn::LoadU(float_tag, x + r * s.x_stride + k);
        if (fetches && k % cache_line == 0) __builtin_prefetch(x + (Rows + r) * s.x_stride + k);
      }
      ETCH_UNROLL for (int n = 0; n < Outputs; ++n) {
        const Vec w_nk = in_register(hn::LoadU(float_tag, w + n * s.depth() + k));
        ETCH_UNROLL for (int r = 0; r < Rows; ++r) sum[r][n] = hn::MulAdd(x_k[r], w_nk, sum[r][n]);
      }
    }
    ETCH_UNROLL for (int r = 0; r < Rows; ++r) {
      const Vec dots = sum_each<FloatTag, Outputs>(sum[r]);
      const Vec sums = hn::Add(dots, hn::LoadU(float_tag, b));
      store_first(finish(sums), float_tag, y + r * s.y_stride, room);
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
  constexpr int most = std::min((registers - 6) / 2, lanes);  // sums of a row, of two rows
  constexpr int outputs = ceil_div(sizes.outputs, ceil_div(sizes.outputs, most));
  constexpr int rest = sizes.outputs % outputs;
  for_row_tiles<2>(rows, [&](auto tile_rows, int row) ETCH_LAMBDA {
    const float* x_row = x + row * s.x_stride;
    float* y_row = y + row * s.y_stride;
    int n = 0;
    for (; n + outputs <= s.outputs; n += outputs) {
      dots.template tile<tile_rows, outputs>(x_row, w + n * s.depth(), b + n, y_row + n,
                                             static_cast<int>(s.y_stride) - n);
    }
    if constexpr (rest > 0) {
      dots.template tile<tile_rows, rest>(x_row, w + n * s.depth(), b + n, y_row + n,
                                          static_cast<int>(s.y_stride) - n);
    }
  });
}

/// dx = dy W, the lanes along the inputs. Rows of dx are written from end to end, which the
/// hardware fetches ahead (mlp_l2's 64x1024x10 within a step: 27 µs, 50 when rows passed each
/// column).
template <DenseSizes sizes, class Finish>
void dense_data_gradient_narrow(const float* HWY_RESTRICT dy, const float* HWY_RESTRICT w,
                                float* HWY_RESTRICT dx, int rows, const Finish& finish) {
  ETCH_SPECIALISED const DenseSizes s = loop_sizes<sizes>();
  for_row_tiles<dense_rows>(rows, [&](auto tile_rows, int row) ETCH_LAMBDA {
    for_column_groups<sizes.inputs, 2>([&](auto vectors, int column) ETCH_LAMBDA {
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
      tile.give(store, [&](int r, int column)
                           ETCH_LAMBDA { return dw + (n + r) * s.depth() + k + column; });
    });
  };
  int k = first;
  for (; k + (vectors - 1) * lanes < end; k += vectors * lanes) columns(Int<vectors>(), k);
  if constexpr (vectors > 1) {
    for (; k < end; k += lanes) columns(Int<1>(), k);
  }
}

}  // namespace etch::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
