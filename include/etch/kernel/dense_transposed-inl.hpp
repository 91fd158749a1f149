// dense-inl.hpp's products where W lies transposed: [N][depth()], a row of inputs for each output.

#if defined(ETCH_KERNEL_DENSE_TRANSPOSED_INL_HPP) == defined(HWY_TARGET_TOGGLE)
#ifdef ETCH_KERNEL_DENSE_TRANSPOSED_INL_HPP
#undef ETCH_KERNEL_DENSE_TRANSPOSED_INL_HPP
#else
#define ETCH_KERNEL_DENSE_TRANSPOSED_INL_HPP
#endif

#include <algorithm>
#include <cstring>

#include "etch/kernel/dense_blocks-inl.hpp"
#include "etch/kernel/dense_layout.hpp"
#include "etch/kernel/loop_sizes.hpp"
#include "etch/kernel/tile-inl.hpp"
#include "etch/kernel/transpose-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace etch::HWY_NAMESPACE {

/// y = x W^T + b as dot products, the lanes along the inputs.
template <DenseSizes sizes, class Finish>
struct DenseDots {
  const Finish& finish;
  int rows_ahead;  // from x to the samples to be read next, where they lie behind it; else 0
  ETCH_SPECIALISED const DenseSizes s = loop_sizes<sizes>();

  /// Weights of few outputs, which had better stay in the L1 cache.
  static constexpr int few_weights = sizes.narrow() ? sizes.outputs * sizes.depth() : 0;

  /// Where they take 24 to 48 KiB, which is all of many L1 caches, those of half of the outputs at
  /// a time go past all samples (Zen 4, 32 KiB: 784x10 95 % of peak, 78 by all outputs at once;
  /// 1024x10 97 and 83; 784x10 by AVX2 92 and 80). Past a single sample go those of all: half would
  /// be too few sums.
  static constexpr bool in_halves = few_weights > 6 * 1024 && few_weights <= 12 * 1024;

  /// Where they take more, some inputs of some samples go past theirs, and sums wait for the next
  /// inputs (64x4096x10: 73 % of peak, 52 by all inputs at once; 64x4096x16 71 and 50).
  /// Weights and sums take 32 KiB at most.
  static constexpr bool in_pieces = few_weights > 12 * 1024;
  static constexpr int piece_inputs = 3072 / sizes.outputs / lanes * lanes;
  static constexpr int piece_rows = 320 / lanes;

  /// Samples of a tile, which go past weights that stay: two, or where 32 registers hold sums of
  /// half of the outputs for more, up to four. Weights of more outputs do not fit into the L1
  /// cache: eight samples stay there, or four with sixteen registers, and weights go past them,
  /// three outputs at a time (8x784x64: 48 % of peak by two samples; AVX2 97, 90 by two outputs).
  static constexpr int most_rows = [] {
    if (!sizes.narrow()) return registers == 32 ? 8 : 4;
    if (!in_halves || registers == 16) return 2;
    return std::min(dense_sums / ceil_div(sizes.outputs, 2), 4);
  }();

  /// Outputs of a tile of so many samples: of few all, or equal parts, two where they go in halves,
  /// or as many as leave few enough for the registers. Of more, as many as registers hold sums for:
  /// each tile's end takes 33 cycles (8x784x64 by sixteen sums: 95 % of peak, 97 so; 64x400x120 92
  /// and 95, 4x784x64 72 and 97). Eight at most (784x64, two samples: 1.92 µs, 2.01 by twelve, one
  /// 1.77, 1.82 by sixteen).
  static constexpr int tile_outputs(int rows) {
    if (!sizes.narrow()) return std::min({dense_sums / rows, 8, lanes});
    const int parts = ceil_div(sizes.outputs, std::min((registers - 6) / 2, lanes));
    return ceil_div(sizes.outputs, in_halves && rows > 1 ? std::max(parts, 2) : parts);
  }

  /// Whether samples to come are fetched while some are multiplied: pictures that are read in place
  /// come from the L3 cache or from memory (logistic_l2's step on a Zen 5, by all outputs at once:
  /// 19.7 µs, 24.2 without). It is those of the next call, or of the tile after the next, and into
  /// the L2 cache: the L1 cache would wait for them (on a Zen 4 from memory 44.7 µs by the next
  /// call's, 48.0 by the tile's). Not where four do not fit beside all weights into 48 KiB (1024x10
  /// by the L1 cache: 83 % of peak, 95 without).
  static constexpr bool fetches =
      sizes.narrow() && sizeof(float) * (sizes.outputs + 4) * sizes.depth() <= 48 * 1024;

  HWY_INLINE void operator()(const float* HWY_RESTRICT x, const float* HWY_RESTRICT w,
                             const float* HWY_RESTRICT b, float* HWY_RESTRICT y, int rows) const {
    if constexpr (in_pieces) {
      for (; rows > 0; rows -= piece_rows) {
        some_rows(x, w, b, y, std::min(rows, piece_rows));
        x += piece_rows * s.x_stride;
        y += piece_rows * s.y_stride;
      }
    } else {
      for_tiles(rows, [&]<int Rows, int Outputs>(int row, int n) ETCH_LAMBDA {
        Vec sum[Rows][Outputs];
        begin(b + n, sum);
        add(x + row * s.x_stride, w + n * s.depth(), s.inputs, sum);
        end(sum, y + row * s.y_stride + n, static_cast<int>(s.y_stride) - n);
      });
    }
  }

 private:
  /// Samples of a tile whose sums share a vector.
  static constexpr int sharing(int rows, int outputs) {
    int sharing = rows;
    while (sharing > 1 && (rows % sharing > 0 || sharing * outputs > lanes)) --sharing;
    return sharing;
  }

  /// Calls `body.template operator()<Rows, Outputs>(row, n)` for tiles of samples and outputs.
  template <class Body>
  static HWY_INLINE void for_tiles(int rows, const Body& body) {
    const auto for_outputs = [&](auto outputs, const auto& tile) ETCH_LAMBDA {
      ETCH_SPECIALISED const int all = loop_sizes<sizes.outputs>();
      constexpr int rest = sizes.outputs % outputs;
      constexpr int left = rest > 0 ? outputs + rest : 0;  // which the last two share
      int n = 0;
      for (; n < all - left; n += outputs) tile(outputs, n);
      if constexpr (left > 0) {
        tile(Int<ceil_div(left, 2)>(), n);
        tile(Int<left / 2>(), n + ceil_div(left, 2));
      }
    };
    if constexpr (in_halves) {
      if (rows == 1) {
        return for_outputs(Int<tile_outputs(1)>(), [&](auto outputs, int n) ETCH_LAMBDA {
          body.template operator()<1, outputs>(0, n);
        });
      }
      for_outputs(Int<tile_outputs(2)>(), [&](auto outputs, int n) ETCH_LAMBDA {
        for_sample_tiles<most_rows>(rows, [&](auto tile_rows, int row) ETCH_LAMBDA {
          body.template operator()<tile_rows, outputs>(row, n);
        });
      });
    } else {
      const auto all_outputs = [&](auto tile_rows, int row) ETCH_LAMBDA {
        for_outputs(Int<tile_outputs(tile_rows)>(), [&](auto outputs, int n) ETCH_LAMBDA {
          body.template operator()<tile_rows, outputs>(row, n);
        });
      };
      if constexpr (sizes.narrow()) {  // too short for a call
        for_sample_tiles<most_rows>(rows, all_outputs);
      } else {
        for_sample_tiles<most_rows>(
            rows, [&](auto tile_rows, int row) ETCH_TILE { all_outputs(tile_rows, row); });
      }
    }
  }

  /// At most piece_rows samples, of which some inputs at a time.
  HWY_INLINE void some_rows(const float* HWY_RESTRICT x, const float* HWY_RESTRICT w,
                            const float* HWY_RESTRICT b, float* HWY_RESTRICT y, int rows) const {
    alignas(64) float sums[piece_rows][sizes.outputs][lanes];
    for (int k = 0; k < s.inputs; k += piece_inputs) {
      for_tiles(rows, [&]<int Rows, int Outputs>(int row, int n) ETCH_LAMBDA {
        Vec sum[Rows][Outputs];
        if (k == 0) {
          begin(b + n, sum);
        } else {
          for_each(sum, [&](int r, int i, Vec& v)
                            ETCH_LAMBDA { v = hn::Load(float_tag, sums[row + r][n + i]); });
        }
        add(x + row * s.x_stride + k, w + n * s.depth() + k, std::min(piece_inputs, s.inputs - k),
            sum);
        if (k + piece_inputs >= s.inputs) {
          end(sum, y + row * s.y_stride + n, static_cast<int>(s.y_stride) - n);
        } else {
          for_each(sum, [&](int r, int i, Vec& v)
                            ETCH_LAMBDA { hn::Store(v, float_tag, sums[row + r][n + i]); });
        }
      });
    }
  }

  /// The bias is the first term, in one lane.
  template <int Rows, int Outputs>
  static HWY_INLINE void begin(const float* HWY_RESTRICT b, Vec (&sum)[Rows][Outputs]) {
    ETCH_UNROLL for (int n = 0; n < Outputs; ++n) {
      const Vec bias = hn::IfThenElseZero(hn::FirstN(float_tag, 1), hn::Set(float_tag, b[n]));
      ETCH_UNROLL for (int r = 0; r < Rows; ++r) sum[r][n] = bias;
    }
  }

  /// Adds the products of `inputs` inputs and weights.
  template <int Rows, int Outputs>
  HWY_INLINE void add(const float* HWY_RESTRICT x, const float* HWY_RESTRICT w, int inputs,
                      Vec (&sum)[Rows][Outputs]) const {
    const float* ahead = x + std::max(2 * Rows, rows_ahead) * s.x_stride;
    for (int k = 0; k < inputs; k += lanes) {
      ETCH_UNROLL for (int r = 0; r < Rows; ++r) {
        if (fetches && k % cache_line == 0) __builtin_prefetch(ahead + r * s.x_stride + k, 0, 2);
      }
      if constexpr (Rows < Outputs) {
        add_products<Rows, Outputs>(x + k, s.x_stride, w + k, s.depth(),
                                    [&](int r, int n) ETCH_LAMBDA -> Vec& { return sum[r][n]; });
      } else {
        add_products<Outputs, Rows>(w + k, s.depth(), x + k, s.x_stride,
                                    [&](int n, int r) ETCH_LAMBDA -> Vec& { return sum[r][n]; });
      }
    }
  }

  /// Adds up lanes and stores. Samples that share no vector get a whole one, if there is `room`:
  /// what follows is padding, or written later.
  template <int Rows, int Outputs>
  HWY_INLINE void end(const Vec (&sum)[Rows][Outputs], float* HWY_RESTRICT y, int room) const {
    constexpr int together = sharing(Rows, Outputs);
    ETCH_UNROLL for (int r = 0; r < Rows; r += together) {
      Vec part[lanes];
      ETCH_UNROLL for (int i = 0; i < together * Outputs; ++i) {
        part[i] = sum[r + i / Outputs][i % Outputs];
      }
      const Vec dots = sum_each<FloatTag, together * Outputs>(part);
      float* to = y + r * s.y_stride;
      if constexpr (together == 1) {
        store_first(finish(dots, float_tag, to, Outputs), float_tag, to, room);
      } else {
        alignas(64) float each[lanes];
        hn::Store(finish(dots, float_tag, to, Outputs, together, s.y_stride), float_tag, each);
        ETCH_UNROLL for (int i = 0; i < together; ++i) {
          std::memcpy(to + i * s.y_stride, each + i * Outputs, Outputs * sizeof(float));
        }
      }
    }
  }

  /// Calls `f(r, n, sum[r][n])` for all.
  template <int Rows, int Outputs, class F>
  static HWY_INLINE void for_each(Vec (&sum)[Rows][Outputs], const F& f) {
    ETCH_UNROLL for (int r = 0; r < Rows; ++r) {
      ETCH_UNROLL for (int n = 0; n < Outputs; ++n) f(r, n, sum[r][n]);
    }
  }

  /// Adds to sum(i, j) the products of a vector in row i of `held` and one in row j of `passing`.
  template <int Held, int Passing, class Sum>
  static HWY_INLINE void add_products(const float* HWY_RESTRICT held, std::ptrdiff_t held_row,
                                      const float* HWY_RESTRICT passing, std::ptrdiff_t passing_row,
                                      const Sum& sum) {
    Vec a[Held];
    ETCH_UNROLL for (int i = 0; i < Held; ++i) a[i] = hn::LoadU(float_tag, held + i * held_row);
    ETCH_UNROLL for (int j = 0; j < Passing; ++j) {
      const Vec b = in_register(hn::LoadU(float_tag, passing + j * passing_row));
      ETCH_UNROLL for (int i = 0; i < Held; ++i) sum(i, j) = hn::MulAdd(a[i], b, sum(i, j));
    }
  }
};

/// dx = dy W, the lanes along the inputs; `finish` may read where dx is written. Rows of dx are
/// written from end to end, which the hardware fetches ahead (mlp_l2's 64x1024x10 within a step: 27
/// µs, 50 when rows passed each column).
template <DenseSizes sizes, class Finish>
void dense_data_gradient_transposed(const float* HWY_RESTRICT dy, const float* HWY_RESTRICT w,
                                    float* dx, int rows, const Finish& finish) {
  ETCH_SPECIALISED const DenseSizes s = loop_sizes<sizes>();
  // Three vectors and eight samples, or four: AVX2, 8x784x64, 99 % of peak, 87 by two vectors.
  for_row_tiles<dense_sums / 3>(rows, [&](auto tile_rows, int row) ETCH_LAMBDA {
    for_column_groups<sizes.inputs, 3>([&](auto vectors, int column) ETCH_LAMBDA {
      GroupTile<tile_rows, decltype(vectors)> tile;
      tile.clear();
      tile.accumulate(Strided{dy + row * s.y_stride, s.y_stride, 1}, w + column, s.depth(),
                      s.outputs);
      tile.store(dx + row * s.x_stride + column, s.x_stride, finish);
    });
  });
}

/// dW = dy^T x for inputs [first, end), where `first` begins a vector.
template <DenseSizes sizes, class Store>
void dense_weight_gradient_transposed(const float* HWY_RESTRICT x, const float* HWY_RESTRICT dy,
                                      float* dw, int rows, int first, int end, Store& store) {
  ETCH_SPECIALISED const DenseSizes s = loop_sizes<sizes>();
  // Few outputs all in one tile, or in two, with as many vectors of inputs as registers allow. Of
  // more, eight (six of 16 registers) and two vectors: 16x784x64 97 % of peak, 95 by three vectors,
  // 96 by four of each. Fetching weights that are updated gains nothing here.
  constexpr int tiles = ceil_div(sizes.outputs, dense_sums);
  constexpr int outputs = sizes.narrow() ? ceil_div(sizes.outputs, tiles) : std::min(8, dense_rows);
  constexpr int vectors = sizes.narrow() ? std::clamp(dense_sums / outputs, 1, 4) : 2;
  const auto columns = [&](auto v, int k) ETCH_LAMBDA {
    for_row_tiles<outputs>(Int<sizes.outputs>(), [&](auto tile_rows, int n) ETCH_LAMBDA {
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
