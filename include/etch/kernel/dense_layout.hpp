#ifndef ETCH_KERNEL_DENSE_LAYOUT_HPP
#define ETCH_KERNEL_DENSE_LAYOUT_HPP

#include <cstddef>

#include "etch/base/round.hpp"

namespace etch {

/// Columns of a panel: two AVX-512 vectors, and the same on every target, so that the layout is.
inline constexpr int dense_panel = 32;

/// Samples that the data gradient turns at a time.
inline constexpr int dense_turned_rows = 64;

/// Inputs and outputs of a tile of the weight gradient. As many outputs as that let inputs be
/// packed for them, and as few of both as give a team many tiles.
inline constexpr int dense_gradient_inputs = 192, dense_gradient_outputs = 256;

/// Samples lie pages apart, and the TLB does not know more than some 96 pages: from more samples on
/// the weight gradient packs x, too (784x128x1024: 86 % of peak become 95, less what packing
/// takes).
inline constexpr int dense_many_rows = 64;

/// All that the kernels of a dense layer are specialised by.
struct DenseSizes {
  int inputs, outputs;                // of a sample
  std::ptrdiff_t x_stride, y_stride;  // from one sample to the next

  /// Up to 16 outputs lie in rows [outputs][depth()], more in panels [outputs / 32][inputs][32]:
  /// in a panel of 10 columns two thirds of the work would go into padding.
  constexpr bool narrow() const { return outputs <= 16; }
  constexpr int depth() const { return round_up(inputs, 16); }

  /// Where in W the panel row 0 of `column` lies.
  constexpr std::ptrdiff_t panel(int column) const {
    return std::ptrdiff_t{column / dense_panel} * inputs * dense_panel + column % dense_panel;
  }

  /// Tiles of the weight gradient: some inputs and some outputs, all where these are few.
  constexpr int tiles_deep() const { return ceil_div(inputs, dense_gradient_inputs); }
  constexpr int gradient_tiles() const {
    return tiles_deep() * ceil_div(outputs, dense_gradient_outputs);
  }

  constexpr std::size_t weights() const {
    return narrow() ? static_cast<std::size_t>(outputs) * static_cast<std::size_t>(depth())
                    : static_cast<std::size_t>(panel(round_up(outputs, dense_panel)));
  }
  constexpr std::size_t biases() const {
    return static_cast<std::size_t>(round_up(outputs, dense_panel));
  }

  /// Where the weight from `input` to `output` lies.
  constexpr std::size_t place(int input, int output) const {
    return static_cast<std::size_t>(narrow() ? std::ptrdiff_t{output} * depth() + input
                                             : panel(output) + std::ptrdiff_t{input} * dense_panel);
  }
};

}  // namespace etch

#endif
