// What matrix products have in common: the size of tiles, and the biases' gradient.

#if defined(ETCH_KERNEL_DENSE_BLOCKS_INL_HPP) == defined(HWY_TARGET_TOGGLE)
#ifdef ETCH_KERNEL_DENSE_BLOCKS_INL_HPP
#undef ETCH_KERNEL_DENSE_BLOCKS_INL_HPP
#else
#define ETCH_KERNEL_DENSE_BLOCKS_INL_HPP
#endif

#include <algorithm>
#include <cstddef>
#include <type_traits>

#include "etch/base/round.hpp"
#include "etch/kernel/loop_sizes.hpp"
#include "etch/kernel/tile-inl.hpp"
#include "etch/kernel/vec-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace etch::HWY_NAMESPACE {

/// Sums that a tile holds in registers. Eight hide the latency of two FMA units, the rest saves
/// loads; 24 and their operands fit into 32 registers, 28 spill.
inline constexpr int dense_sums = registers == 32 ? 24 : 12;

/// Rows of a tile two vectors wide: each panel row that comes from the L2 cache serves as many as
/// registers hold sums for (128x784x1024 forward: 95 % of peak, 89 by eight).
inline constexpr int dense_rows = dense_sums / 2;

/// V vectors of columns side by side, the last perhaps narrower.
template <int V, class LastTag = FloatTag>
struct Group : Int<V> {
  using Last = LastTag;
};

/// The tile of so many rows and a group of columns.
template <int Rows, class Columns>
using GroupTile = Tile<FloatTag, Rows, Columns::value, typename Columns::Last>;

/// The groups that cover N columns: of `Most` vectors each, but for the last, if fewer are left. On
/// AVX-512 its last vector is as narrow as the columns left for it (Zen 4, 64x120x84: 90 % of peak
/// forward, 86 by whole vectors); narrower than AVX2's gains nothing.
template <int N, int Most>
struct ColumnGroups {
  static constexpr int vectors = ceil_div(N, lanes), rest = vectors % Most;
  using Last = std::conditional_t<lanes == 16, TagFor<N - (vectors - 1) * lanes>, FloatTag>;
  static constexpr bool narrows = lanes_of<Last> < lanes;
  static constexpr int apart = rest > 0 ? rest : narrows ? Most : 0;

  /// Calls `columns(Group(), first_column)` for those of [column, end), which begin and end one.
  template <class Columns>
  static HWY_INLINE void each(int column, int end, const Columns& columns) {
    ETCH_SPECIALISED const int last = loop_sizes<(vectors - apart) * lanes>();
    for (; column < std::min(end, last); column += Most * lanes) columns(Group<Most>(), column);
    if constexpr (apart > 0) {
      if (column < end) columns(Group<apart, Last>(), column);
    }
  }
};

/// The same for all N columns.
template <int N, int Most, class Columns>
HWY_INLINE void for_column_groups(const Columns& columns) {
  ColumnGroups<N, Most>::each(0, loop_sizes<N>(), columns);
}

/// Samples of the next of the tiles that cover `left`: the most that leave no single one, whose two
/// vectors of sums would take as long as those of four (784x1024 by 3: 36 µs, 49 by 2 and 1); and
/// no third of a tile (AVX2, 8x784x64 in panels: 88 % of peak, 80 by 6 and 2).
template <int Most>
constexpr int samples_of_tile(int left) {
  if (3 * left == 4 * Most) return left / 2;
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
