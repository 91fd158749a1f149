#ifndef ETCH_KERNEL_DENSE_LAYOUT_HPP
#define ETCH_KERNEL_DENSE_LAYOUT_HPP

#include <algorithm>
#include <cstddef>

#include "etch/base/round.hpp"

namespace etch {

/// Columns of a panel: two AVX-512 vectors, and the same on every target, so that the layout is.
inline constexpr int dense_panel = 32;

/// Samples that the data gradient turns at a time.
inline constexpr int dense_turned_rows = 64;

/// Outputs of a tile of the weight gradient, for which x is packed, and inputs of it where outputs
/// alone would not give a team two tiles. dy is packed for all inputs of a tile: fewer of either
/// cost more packing (784x128x1024, packed at once: 89.9 % of peak, 84 by 192 inputs, too; 512
/// outputs take 1 % less, and leave a team of four only two tiles).
inline constexpr int dense_gradient_outputs = 256, dense_gradient_inputs = 192;

/// Inputs of which the weight gradient packs x at a time, into one of two places in turn.
inline constexpr int dense_packed_inputs = 24;

/// Samples lie pages apart, and the TLB does not know more than some 96 pages: for more samples the
/// weight gradient packs dy and x. For fewer that costs more than it gains (400x64x128 in panels:
/// 97 % of peak, 92 with dy packed at once), and where a register tile spans all outputs neither is
/// packed: dy lies together as it is (784x128x64 in panels: 95, 80 packed at once).
inline constexpr int dense_many_rows = 64;

/// All that the kernels of a dense layer are specialised by.
struct DenseSizes {
  int inputs, outputs;                // of a sample
  std::ptrdiff_t x_stride, y_stride;  // from one sample to the next

  /// Few outputs: a panel of them would be mostly padding.
  constexpr bool narrow() const { return outputs <= 16; }

  /// Whether W lies transposed, [outputs][depth()], and not in panels [outputs / 32][inputs][32].
  /// Data gradients then need not turn anything, and of many inputs a forward pass ends few sums:
  /// 8x784x64 has 97 % of peak forward and 98 backward, 99 and 68 in panels; AVX2 97 and 99, 87 and
  /// 89 in panels. Of fewer inputs it loses: 64x128x64 forward 84, 98 in panels. Eight samples must
  /// fit into the L1 cache.
  constexpr bool transposed() const {
    return narrow() || (outputs <= 128 && inputs >= 3 * outputs && inputs <= 1024);
  }
  constexpr int depth() const { return row_stride(inputs); }

  /// Where in W the panel row 0 of `column` lies.
  constexpr std::ptrdiff_t panel(int column) const {
    return std::ptrdiff_t{column / dense_panel} * inputs * dense_panel + column % dense_panel;
  }

  /// Tiles of the weight gradient: some outputs of all inputs, or all outputs of some inputs.
  constexpr int tile_inputs() const {
    return outputs > dense_gradient_outputs ? inputs : dense_gradient_inputs;
  }
  constexpr int tiles_deep() const { return ceil_div(inputs, tile_inputs()); }
  constexpr int gradient_tiles() const {
    return tiles_deep() * ceil_div(outputs, dense_gradient_outputs);
  }

  constexpr std::size_t weights() const {
    return transposed() ? static_cast<std::size_t>(outputs) * static_cast<std::size_t>(depth())
                        : static_cast<std::size_t>(panel(round_up(outputs, dense_panel)));
  }
  constexpr std::size_t biases() const {
    return static_cast<std::size_t>(round_up(outputs, dense_panel));
  }

  /// Scratch memory of a pass over `rows` samples. In panels the data gradient turns samples of dy,
  /// a vector of up to eight at a time, and the weight gradient packs columns of dy and x where
  /// samples are many.
  constexpr std::size_t scratch(int rows) const {
    const int padded = round_up(outputs, dense_panel);
    const int turned = padded * round_up(std::min(rows, dense_turned_rows), 8);
    const int packed =
        rows > dense_many_rows
            ? rows * (std::min(padded, dense_gradient_outputs) + 2 * dense_packed_inputs)
            : 0;
    return transposed() ? 0 : static_cast<std::size_t>(std::max(turned, packed));
  }

  /// Where the weight from `input` to `output` lies.
  constexpr std::size_t place(int input, int output) const {
    return static_cast<std::size_t>(transposed()
                                        ? std::ptrdiff_t{output} * depth() + input
                                        : panel(output) + std::ptrdiff_t{input} * dense_panel);
  }
};

}  // namespace etch

#endif
