#ifndef ETCH_KERNEL_CONV2D_PAIRS_LAYOUT_HPP
#define ETCH_KERNEL_CONV2D_PAIRS_LAYOUT_HPP

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "etch/base/round.hpp"
#include "etch/kernel/channels.hpp"
#include "etch/kernel/conv2d_layout.hpp"

namespace etch {

/// How a convolution computes outputs of a row in pairs, and where: see conv2d_pairs-inl.hpp.
struct Conv2DPairsSizes {
  Conv2DSizes conv;
  struct Weights {
    std::ptrdiff_t first, row, channel, tap, panel;  // where, and from one to the next
  } weights;
  struct Outputs {
    std::ptrdiff_t first, row, column;
  } outputs;

  /// The forward pass.
  static constexpr Conv2DPairsSizes forward(const Conv2DSizes& conv) {
    return {conv,
            {0, conv.channels * std::ptrdiff_t{conv.line_floats()}, conv.line_floats(), conv_panel,
             conv.panel_floats()},
            {0, conv.columns.out * std::ptrdiff_t{conv.filters}, conv.filters}};
  }

  /// The data gradient, from transposed weights, to every pixel a stride apart from that at (row,
  /// column) on: a convolution of dy by those taps, the last of them first, that meet them.
  static constexpr Conv2DPairsSizes data_gradient(const Conv2DSizes& of, int row, int column) {
    const Window rows = gradient_window(of.rows, row),
                 columns = gradient_window(of.columns, column);
    const Conv2DSizes conv{rows, columns, of.filters, of.channels, of.y_stride, of.x_stride};
    const std::ptrdiff_t line = of.line_floats();
    const std::ptrdiff_t tap_row = line * of.filter_panels() * conv_panel;
    const int first_row = last_tap(of.rows, row), first_column = last_tap(of.columns, column);
    return {conv,
            {first_row * tap_row + first_column * conv_panel, -of.rows.stride * tap_row, line,
             -of.columns.stride * conv_panel, of.rows.size * tap_row},
            {(std::ptrdiff_t{row} * of.columns.in + column) * of.channels,
             std::ptrdiff_t{of.rows.stride} * of.columns.in * of.channels,
             std::ptrdiff_t{of.columns.stride} * of.channels}};
  }

  /// Taps that are multiplied together, one, two or three a stride apart, and their first product.
  struct Group {
    int tap, taps, product;
  };
  /// More of a row are too much to unroll.
  static constexpr int most_taps = 9;
  struct Groups {
    Group all[most_taps]{};
    int count = 0, products = 0;
  };
  /// Those of a row of the window: 5 taps are 3 and 2, of a stride of 2 the even and the odd ones.
  constexpr Groups groups() const {
    Groups groups;
    const Window& window = conv.columns;
    for (int phase = 0; phase < std::min(window.stride, window.size); ++phase) {
      for (int tap = phase; tap < window.size;) {
        const int left = (window.size - 1 - tap) / window.stride + 1;
        const int taps = left == 4 ? 2 : left < 3 ? left : 3;
        groups.all[groups.count++] = {tap, taps, groups.products};
        groups.products += taps + 1;
        tap += taps * window.stride;
      }
    }
    return groups;
  }

  constexpr int pairs() const { return conv.columns.out / 2; }
  /// Whether the last output of a row is none of a pair.
  constexpr bool single() const { return conv.columns.out % 2 == 1; }

  /// Floats of a pixel once it is transformed; a row of them is [pair][product][channel].
  constexpr int pixel() const { return channel_lanes(conv.channels); }

  /// Floats of scratch memory: the rows under the window.
  constexpr std::size_t scratch() const {
    const std::ptrdiff_t row = std::ptrdiff_t{pairs()} * groups().products * pixel();
    return static_cast<std::size_t>(round_up(conv.rows.size * row, conv_panel));
  }

  /// Operations on 16 lanes that a picture takes: products, and two for each transformed vector.
  constexpr std::int64_t operations() const {
    const int last = conv.columns.out - 1;
    const int alone = single() ? conv.columns.end(last) - conv.columns.first(last) : 0;
    const std::int64_t row = std::int64_t{pairs()} * groups().products + alone;
    return conv.rows.taps() * row * conv.channels * conv.filter_panels() +
           std::int64_t{conv.rows.in} * pairs() * 2 * groups().products * conv.channel_panels();
  }

  /// Whether they are fewer than plain sums have. (AVX-512, as many times as fast: 14x14x16 to 16,
  /// 5x5, 1.25, with stride 2 1.26; 28x28x16 to 16, 3x3, 1.34, with stride 2 1.03; 64x64x64 to 64,
  /// 3x3, 1.46; 14x14x20 to 20, 2x2, 4x4 and 7x7, 1.21, 1.19 and 1.24; 28x28x1 to 16 and 32, 5x5,
  /// 1.07 and 1.13, to 16, 3x3, 0.96.)
  constexpr bool better() const {
    return conv.columns.size <= most_taps && pairs() > 0 && operations() < conv.products();
  }

 private:
  /// The last tap of a window that meets every stride-th input from `first` on.
  static constexpr int last_tap(const Window& window, int first) {
    const int tap = (first + window.before) % window.stride;
    return tap + (window.size - 1 - tap) / window.stride * window.stride;
  }

  /// Those taps, the last of them first, as a window over the outputs, its places over the inputs.
  static constexpr Window gradient_window(const Window& window, int first) {
    const int last = last_tap(window, first);
    return {window.out, last / window.stride + 1, 1, ceil_div(window.in - first, window.stride),
            (last - first - window.before) / window.stride};
  }
};

/// The same for a whole data gradient.
struct Conv2DPairsGradientSizes {
  Conv2DSizes conv;

  constexpr int parts() const { return conv.rows.stride * conv.columns.stride; }
  constexpr Conv2DPairsSizes part(int i) const {
    return Conv2DPairsSizes::data_gradient(conv, i / conv.columns.stride, i % conv.columns.stride);
  }

  /// Floats of scratch memory: transposed weights, and what a part needs.
  constexpr std::size_t scratch() const {
    std::size_t most = 0;
    for (int i = 0; i < parts(); ++i) most = std::max(most, part(i).scratch());
    return conv.transposed_weights() + most;
  }

  constexpr bool better() const {
    for (const Window& window : {conv.rows, conv.columns}) {
      if (window.size < window.stride || window.size > Conv2DPairsSizes::most_taps ||
          window.in / 2 < window.stride) {
        return false;
      }
    }
    std::int64_t operations = 0, products = 0;
    for (int i = 0; i < parts(); ++i) {
      operations += part(i).operations();
      products += part(i).conv.products();
    }
    return operations < products;
  }
};

}  // namespace etch

#endif
