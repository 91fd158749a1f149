#ifndef ETCH_KERNEL_CONV2D_LAYOUT_HPP
#define ETCH_KERNEL_CONV2D_LAYOUT_HPP

#include <cstddef>
#include <cstdint>

#include "etch/base/round.hpp"
#include "etch/shape/window.hpp"

namespace etch {

/// Filters, or input channels, of a panel: one AVX-512 vector, and the same on every target.
inline constexpr int conv_panel = 16;

/// All that the kernels of a convolution are specialised by. Activations are [height][width]
/// [channels], as TensorFlow's NHWC.
struct Conv2DSizes {
  Window rows, columns;
  int channels, filters;
  std::ptrdiff_t x_stride, y_stride;  // from one sample to the next

  constexpr int kernel() const { return columns.size; }
  constexpr int filter_panels() const { return ceil_div(filters, conv_panel); }
  constexpr int channel_panels() const { return ceil_div(channels, conv_panel); }

  /// A line is what one row of the window does to one channel: the weights of a panel lie as
  /// [lines()][kernel()][16], line = row of the window * channels + channel.
  constexpr int lines() const { return rows.size * channels; }
  constexpr int line_floats() const { return kernel() * conv_panel; }
  constexpr std::ptrdiff_t panel_floats() const { return std::ptrdiff_t{lines()} * line_floats(); }

  constexpr std::size_t weights() const {
    return static_cast<std::size_t>(filter_panels() * panel_floats());
  }
  constexpr std::size_t biases() const {
    return static_cast<std::size_t>(filter_panels() * conv_panel);
  }

  /// Where the weight of tap (ky, kx) from `channel` to `filter` lies.
  constexpr std::size_t place(int ky, int kx, int channel, int filter) const {
    return static_cast<std::size_t>(filter / conv_panel * panel_floats() +
                                    (ky * channels + channel) * line_floats() + kx * conv_panel +
                                    filter % conv_panel);
  }

  /// Floats of the weights with channels for filters, as the data gradient reads them:
  /// [channel panel][ky][filter][kx][16].
  constexpr std::size_t transposed_weights() const {
    return static_cast<std::size_t>(std::ptrdiff_t{channel_panels()} * rows.size * filter_panels() *
                                    conv_panel * line_floats());
  }

  /// Products of a picture with 16 filters at once, as plain sums have them.
  constexpr std::int64_t products() const {
    return std::int64_t{rows.taps()} * columns.taps() * channels * filter_panels();
  }

  /// Floats of what the outputs of a row have for one row of inputs, as the data gradient to few
  /// channels keeps it: for window.size outputs more at either end, [kx][channel], padded.
  constexpr std::size_t part_floats() const {
    return channels > 8 ? 0
                        : static_cast<std::size_t>((columns.out + 2 * kernel()) *
                                                       round_up(kernel() * channels, conv_panel) +
                                                   conv_panel);
  }

  /// Floats of scratch memory for the data gradient: parts of two rows.
  constexpr std::size_t data_gradient_scratch() const {
    return transposed_weights() + 2 * part_floats();
  }
};

}  // namespace etch

#endif
