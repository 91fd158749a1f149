// The weight gradient of a dense layer, dW = x^T dy: a product with a sum for each weight, over the
// samples. Conventions: dense-inl.hpp.

#if defined(ETCH_KERNEL_DENSE_WEIGHT_GRADIENT_INL_HPP) == defined(HWY_TARGET_TOGGLE)
#ifdef ETCH_KERNEL_DENSE_WEIGHT_GRADIENT_INL_HPP
#undef ETCH_KERNEL_DENSE_WEIGHT_GRADIENT_INL_HPP
#else
#define ETCH_KERNEL_DENSE_WEIGHT_GRADIENT_INL_HPP
#endif

#include <algorithm>

#include "etch/kernel/dense_blocks-inl.hpp"
#include "etch/kernel/dense_layout.hpp"
#include "etch/kernel/dense_transposed-inl.hpp"
#include "etch/kernel/loop_sizes.hpp"
#include "etch/kernel/tile-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace etch::HWY_NAMESPACE {

/// Columns of x or dy to be packed: `width` of each sample, whole vectors, which do not leave it.
/// The first are packed at once, all others sample by sample beside products of those before
/// (784x128x1024: 92.7 % of peak, 91.8 with all packed at once).
struct DensePacking {
  const float* from;
  std::ptrdiff_t stride;
  float* to;
  int width;

  /// The next sample. `count` is the width, or the constant that it is equal to.
  HWY_INLINE void step(int count) {
    const hn::CappedTag<float, 8> tag;
    for (int c = 0; c < count; c += lanes_of<decltype(tag)>) {
      hn::StoreU(hn::LoadU(tag, from + c), tag, to + c);
    }
    from += stride;
    to += width;
  }
};

/// dW = x^T dy.
template <DenseSizes sizes>
struct DenseWeightGradient {
  ETCH_SPECIALISED const DenseSizes s = loop_sizes<sizes>();
  /// Inputs that are packed together: whole row tiles of any width, and whole vectors of eight.
  static constexpr int block = dense_packed_inputs;
  static_assert(block % dense_sums == 0 && block % 8 == 0 && dense_gradient_inputs % block == 0);
  /// Vectors of a tile: four side by side need the fewest loads, 10 for 24 products.
  static constexpr int most = registers == 32 ? 4 : 2;
  using Groups = ColumnGroups<sizes.outputs, most>;

  /// `count` inputs from `input` on, a block or what it leaves at the end, x from theirs on
  /// (column: from sample to sample), and a group of outputs from `column` on, dy from theirs on
  /// (row: from sample to sample). Beside the first of its tiles `ahead` is packed.
  template <class Columns, class Store>
  HWY_INLINE void block_times(const Strided& x, const Strided& dy, float* dw, int rows, int input,
                              int count, int column, const DensePacking& ahead,
                              Store& store) const {
    constexpr int V = Columns();
    float* block_dw = dw + s.panel(column) + input * dense_panel;
    const auto tile_of = [&](auto tile_rows, int row) ETCH_TILE {
      GroupTile<tile_rows, Columns> tile;
      float* tile_dw = block_dw + row * dense_panel;
      const auto place = [&](int r, int n) ETCH_LAMBDA {  // the vectors fill panels, or share one
        return tile_dw + s.panel(n) + r * dense_panel;
      };
      // One after the other: a burst of fetches would hold up the loads that feed the products.
      constexpr int step = V * lanes > cache_line ? cache_line : dense_panel;
      constexpr int lines = tile_rows * dense_panel / step;
      const auto prepare = [&](int line) ETCH_LAMBDA {
        for (int n = 0; n < V * lanes; n += dense_panel) {
          store.prepare(tile_dw + s.panel(n) + line * step);
        }
      };
      for (int line = rows; line < lines; ++line) prepare(line);
      tile.clear();
      const auto accumulate = [&](const auto& beside) ETCH_LAMBDA {
        tile.accumulate(Strided{x.first + row, 1, x.column}, dy.first, dy.row, rows,
                        [&](int k) ETCH_LAMBDA {
                          if (k < lines) prepare(k);
                          beside();
                        });
      };
      DensePacking packing = ahead;
      if (row > 0 || ahead.width == 0) {
        accumulate([] {});
      } else if (ahead.width == block) {  // a constant is worth half a percent
        accumulate([&]() ETCH_LAMBDA { packing.step(block); });
      } else {
        accumulate([&]() ETCH_LAMBDA { packing.step(packing.width); });
      }
      tile.give(store, place);
    };
    constexpr int whole = std::min(block, sizes.inputs), rest = sizes.inputs % whole;
    if (rest == 0 || count == whole) {
      for_row_tiles<dense_sums / V>(Int<whole>(), tile_of);
    } else {
      for_row_tiles<dense_sums / V>(Int<rest>(), tile_of);
    }
  }

  /// Inputs [input, end) and outputs [column, column_end), where `column` begins a panel, `input` a
  /// block, and `end` is where one ends, or the inputs do.
  /// `scratch`, where dy and x are packed: rows x (column_end - column, in whole vectors, and twice
  /// a block).
  template <class Store>
  HWY_INLINE void operator()(const float* HWY_RESTRICT x, const float* HWY_RESTRICT dy, float* dw,
                             int rows, int input, int end, int column, int column_end,
                             float* HWY_RESTRICT scratch, Store& store) const {
    const bool packs = s.y_stride > most * lanes && rows > dense_many_rows;
    const auto group_of_dy = [&](int first) ETCH_LAMBDA {
      const int width = std::min(most * lanes, round_up(column_end - first, lanes));
      return DensePacking{dy + first, s.y_stride, scratch + rows * (first - column), width};
    };
    const auto block_of_x = [&](int first, float* to) ETCH_LAMBDA {
      return DensePacking{x + first, s.x_stride, to, round_up(std::min(block, end - first), 8)};
    };
    float* next_x = scratch;
    DensePacking packed_x{};
    if (packs) {
      next_x += rows * round_up(column_end - column, lanes);
      packed_x = block_of_x(input, next_x + rows * block);
      for (DensePacking now : {packed_x, group_of_dy(column)}) {
        for (int row = 0; row < rows; ++row) now.step(now.width);
      }
    }
    for (bool packs_dy = packs; input < end; input += block, packs_dy = false) {
      DensePacking following{};
      if (packs && input + block < end) following = block_of_x(input + block, next_x);
      Groups::each(column, column_end, [&](auto vectors, int first) ETCH_LAMBDA {
        const int after = first + vectors * lanes;
        DensePacking ahead{};
        if (after >= column_end) {
          ahead = following;
        } else if (packs_dy) {
          ahead = group_of_dy(after);
        }
        const Strided block_x =
            packs ? Strided{packed_x.to, 1, packed_x.width} : Strided{x + input, 1, s.x_stride};
        const Strided group_dy =
            packs ? Strided{scratch + rows * (first - column), vectors * lanes, 1}
                  : Strided{dy + first, s.y_stride, 1};
        block_times<decltype(vectors)>(block_x, group_dy, dw, rows, input,
                                       std::min(block, end - input), first, ahead, store);
      });
      next_x = packed_x.to;
      packed_x = following;
    }
  }
};

/// Tile `tile` of dW, of DenseSizes::gradient_tiles(), and with the first one the sums of dy, db.
/// stores[0] takes vectors of dW, stores[1] those of db.
template <DenseSizes sizes, class Store>
HWY_INLINE void dense_weight_gradient(const float* x, const float* dy, float* dw, float* db,
                                      int rows, int tile, float* scratch, Store* stores) {
  const DenseSizes s = loop_sizes<sizes>();
  const int input = tile % s.tiles_deep() * s.tile_inputs();
  const int column = tile / s.tiles_deep() * dense_gradient_outputs;
  const int end = std::min(input + s.tile_inputs(), s.inputs);
  if constexpr (sizes.transposed()) {
    dense_weight_gradient_transposed<sizes>(x, dy, dw, rows, input, end, stores[0]);
  } else {
    const int column_end = std::min(column + dense_gradient_outputs, s.outputs);
    DenseWeightGradient<sizes>()(x, dy, dw, rows, input, end, column, column_end, scratch,
                                 stores[0]);
  }
  if (tile == 0) sum_rows<sizes.outputs>(dy, sizes.y_stride, db, rows, stores[1]);
}

}  // namespace etch::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
