#ifndef ETCH_KERNEL_CONV2D_WINOGRAD_LAYOUT_HPP
#define ETCH_KERNEL_CONV2D_WINOGRAD_LAYOUT_HPP

#include <cstddef>
#include <cstdint>

#include "etch/base/round.hpp"
#include "etch/kernel/channels.hpp"
#include "etch/kernel/conv2d_layout.hpp"
#include "etch/kernel/conv2d_pairs_layout.hpp"

namespace etch {

/// How a convolution is computed by Winograd's algorithm, and where: see conv2d_winograd-inl.hpp.
struct Conv2DWinogradSizes {
  Conv2DSizes conv;

  /// The side of a tile of inputs, and of outputs: F(4x4, 3x3) or F(2x2, 5x5).
  static constexpr int points = 6;
  constexpr int outputs() const { return points + 1 - conv.kernel(); }
  constexpr int tile_rows() const { return ceil_div(conv.rows.out, outputs()); }
  constexpr int tile_columns() const { return ceil_div(conv.columns.out, outputs()); }

  /// Floats of the transformed weights: [filter panel][point][channel][point][16].
  constexpr std::size_t weights() const {
    return static_cast<std::size_t>(std::ptrdiff_t{conv.filter_panels()} * points * points *
                                    conv.channels * conv_panel);
  }

  /// Floats of a row of the picture between its borders, as far as whole vectors are written or
  /// read.
  constexpr int line() const {
    const int columns = tile_columns() * outputs() + conv.kernel() - 1;
    return round_up(columns * conv.channels, conv_panel) + 2 * conv_panel;
  }

  /// Floats of a pixel, and of the pixels at one point of a row of tiles.
  constexpr int pixel() const { return channel_lanes(conv.channels); }
  constexpr int pixels() const { return tile_columns() * pixel(); }

  /// Floats of scratch memory: the weights, the rows under a row of tiles before and after their
  /// transform, and a row beyond the border.
  constexpr std::size_t scratch() const {
    const std::ptrdiff_t lines = std::ptrdiff_t{points + 1} * line();
    return weights() + static_cast<std::size_t>(lines + std::ptrdiff_t{points} * points * pixels());
  }

  /// Operations on 16 lanes that a single picture takes, for which the weights are transformed,
  /// too: products, and those of the transforms. Of these other units do some beside products, and
  /// two thirds are counted.
  constexpr std::int64_t operations() const {
    const int taps = conv.kernel();
    const std::int64_t filters = conv.filter_panels(), weights = filters * conv.channels;
    const std::int64_t data = 10, filter = 4 * taps + 2, inverse = taps == 3 ? 9 : 6;
    const std::int64_t tile = points * points * weights +
                              2 * points * data * conv.channel_panels() +
                              (points + outputs()) * inverse * filters;
    return std::int64_t{tile_rows()} * tile_columns() * tile + (taps + points) * filter * weights;
  }

  /// Whether they are fewer than by pairs or plain sums. (AVX-512, one picture, as many times as
  /// fast as plain sums, and in brackets how many times pairs are: 64x64x64 to 64, 3x3, 3.04
  /// (1.45); 28x28x3 to 16, 3x3, 1.49 (1.34); where pictures are small, 7x7x16 to 16, 3x3, 1.07
  /// (1.25), 4x4x64 to 64, 3x3, 0.49.) Filters fewer than half of the lanes lie across vectors
  /// otherwise, see conv2d_narrow-inl.hpp (28x28x8 to 8 and 4, 3x3: 1.9 and 1.15; 28x28x4 to 4
  /// 0.85). The weights are to take 4 MiB at most.
  constexpr bool better() const {
    const int taps = conv.kernel();
    if (conv.rows.size != taps || (taps != 3 && taps != 5) || conv.filters < 8) return false;
    if (conv.rows.stride != 1 || conv.columns.stride != 1 || weights() > 1 << 20) return false;
    const Conv2DPairsSizes pairs = Conv2DPairsSizes::forward(conv);
    // A vector of outputs takes those some two operations until it is stored, which are part of a
    // tile's inverse (14x14x6 to 16, 5x5, 16 pictures: 38 µs, 50 by pairs).
    const int stored = conv.rows.out * conv.columns.out * conv.filter_panels();
    return operations() < 2 * stored + (pairs.better() ? pairs.operations() : conv.products());
  }
};

}  // namespace etch

#endif
