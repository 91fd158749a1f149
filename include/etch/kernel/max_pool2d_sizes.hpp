#ifndef ETCH_KERNEL_MAX_POOL2D_SIZES_HPP
#define ETCH_KERNEL_MAX_POOL2D_SIZES_HPP

#include <cstddef>

#include "etch/kernel/channels.hpp"
#include "etch/shape/window.hpp"

namespace etch {

/// All that the kernels of a pooling are specialised by.
struct MaxPool2DSizes {
  Window rows, columns;
  int channels;

  constexpr int pixels() const { return rows.size * columns.size; }  // of a window

  /// How many numbers say which pixel each window of a sample selected, counted row by row:
  /// [rows.out][columns.out][channel_lanes(channels)], bytes where windows have at most 256 pixels.
  constexpr std::size_t numbers() const {
    return static_cast<std::size_t>(std::ptrdiff_t{rows.out} * columns.out *
                                    channel_lanes(channels));
  }

  /// Whether windows stay inside, and are small enough to be unrolled.
  constexpr bool unrolls() const {
    return rows.stays_inside() && columns.stays_inside() && pixels() <= 16;
  }
};

}  // namespace etch

#endif
