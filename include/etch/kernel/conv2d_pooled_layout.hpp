#ifndef ETCH_KERNEL_CONV2D_POOLED_LAYOUT_HPP
#define ETCH_KERNEL_CONV2D_POOLED_LAYOUT_HPP

#include <algorithm>
#include <cstddef>

#include "etch/base/round.hpp"
#include "etch/kernel/channels.hpp"
#include "etch/kernel/conv2d_layout.hpp"
#include "etch/kernel/max_pool2d_sizes.hpp"

namespace etch {

/// All that the gradients of a convolution are specialised by if a pooling is behind it.
struct Conv2DPooledSizes {
  Conv2DSizes conv;
  MaxPool2DSizes pool;
  std::ptrdiff_t dy_stride;  // behind the pooling, from one sample to the next

  /// Numbers, which are bytes, from those of a sample to those of the next.
  constexpr std::ptrdiff_t number_stride() const {
    return static_cast<std::ptrdiff_t>(round_up(pool.numbers(), cache_line * sizeof(float)));
  }

  /// A run is what one row of the window covers, or its weights for one filter: [kx][channel].
  constexpr int run() const { return conv.kernel() * conv.channels; }
  /// Its floats in memory, whole vectors on every target.
  constexpr int run_floats() const { return channel_lanes(run()); }

  /// Floats of the weights, or their gradients, as runs: [filter][ky][run_floats].
  constexpr int filter_floats() const { return conv.rows.size * run_floats(); }
  constexpr std::size_t runs() const {
    return static_cast<std::size_t>(std::ptrdiff_t{conv.filters} * filter_floats());
  }

  /// Rows and columns of a sample of x between its borders.
  constexpr int height() const { return extent(conv.rows); }
  constexpr int row_floats() const { return extent(conv.columns) * conv.channels; }
  /// Its floats, and as many behind it as a run may have more in memory.
  constexpr std::size_t picture() const {
    const std::ptrdiff_t floats = std::ptrdiff_t{height()} * row_floats() + run_floats();
    return static_cast<std::size_t>(round_up(floats, std::ptrdiff_t{conv_panel}));
  }

  /// One channel of it: floats of a row, with as many behind it as a vector may read, and of all.
  constexpr int line() const { return round_up(extent(conv.columns), conv_panel) + conv_panel; }
  constexpr std::size_t plane() const {
    return static_cast<std::size_t>(std::ptrdiff_t{height()} * line());
  }

  /// Numbers of a vector of filters for all windows.
  constexpr std::size_t windows() const {
    return static_cast<std::size_t>(std::ptrdiff_t{pool.rows.out} * pool.columns.out * conv_panel);
  }

  /// Floats of scratch memory.
  constexpr std::size_t scratch() const {
    return std::max(picture() + runs(), plane() + 2 * windows());
  }

 private:
  static constexpr int extent(const Window& window) {
    return std::max((window.out - 1) * window.stride + window.size, window.before + window.in);
  }
};

}  // namespace etch

#endif
