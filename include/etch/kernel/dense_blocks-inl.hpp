// What matrix products have in common: the size of tiles, and the biases' gradient.

#if defined(ETCH_KERNEL_DENSE_BLOCKS_INL_HPP) == defined(HWY_TARGET_TOGGLE)
#ifdef ETCH_KERNEL_DENSE_BLOCKS_INL_HPP
#undef ETCH_KERNEL_DENSE_BLOCKS_INL_HPP
#else
#define ETCH_KERNEL_DENSE_BLOCKS_INL_HPP
#endif

#include <cstddef>

#include "etch/base/round.hpp"
#include "etch/kernel/loop_sizes.hpp"
#include "etch/kernel/vec-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace etch::HWY_NAMESPACE {

/// Sums that a tile holds in registers. Eight hide the latency of two FMA units, the rest saves
/// loads; 24 and their operands fit into 32 registers, 28 spill.
inline constexpr int dense_sums = registers == 32 ? 24 : 12;

/// Rows of a tile two vectors wide: each panel row that comes from the L2 cache serves as many as
/// registers hold sums for (128x784x1024 forward: 95 % of peak, 89 by eight).
inline constexpr int dense_rows = dense_sums / 2;

/// Calls `columns(Int<V>, first_column)` for groups of V vectors, `Most` or what is left, that
/// cover N columns.
template <int N, int Most, class Columns>
HWY_INLINE void for_column_groups(const Columns& columns) {
  ETCH_SPECIALISED const int vectors = loop_sizes<ceil_div(N, lanes)>();
  constexpr int rest = ceil_div(N, lanes) % Most;
  for (int v = 0; v + Most <= vectors; v += Most) columns(Int<Most>(), v * lanes);
  if constexpr (rest > 0) columns(Int<rest>(), (vectors - rest) * lanes);
}

/// Samples of the next of the tiles that cover `left`: the most that leave no single one, whose two
/// vectors of sums would take as long as those of four (784x1024 by 3: 36 µs, 49 by 2 and 1).
template <int Most>
constexpr int samples_of_tile(int left) {
  if (3 * left == 4 * Most) return left / 2;  // twice 8 rather than 12 and 4
  for (const int rows : {Most, 8, 5, 4, 3, 2}) {
    if (rows <= Most && rows <= left && left - rows != 1) return rows;
  }
  return 1;
}

/// Calls `tile(Int<R>, first_row)` for such tiles of a batch, which may have any number of samples.
template <int Most, class Tile>
HWY_INLINE void for_sample_tiles(int rows, const Tile& tile) {
  const auto tile_if = [&]<int R>(int chosen, int row) ETCH_LAMBDA {
    if constexpr (R <= Most) {
      if (chosen == R) tile(Int<R>(), row);
    }
  };
  for (int row = 0; row < rows;) {
    const int chosen = samples_of_tile<Most>(rows - row);
    if constexpr (Most > 8) tile_if.template operator()<Most>(chosen, row);
    tile_if.template operator()<8>(chosen, row);
    if constexpr (Most == 6) tile_if.template operator()<6>(chosen, row);
    tile_if.template operator()<5>(chosen, row);
    tile_if.template operator()<4>(chosen, row);
    tile_if.template operator()<3>(chosen, row);
    tile_if.template operator()<2>(chosen, row);
    tile_if.template operator()<1>(chosen, row);
    row += chosen;
  }
}

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
