#ifndef ETCH_KERNEL_CONV2D_PAIRS_LAYOUT_HPP
#define ETCH_KERNEL_CONV2D_PAIRS_LAYOUT_HPP

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "etch/base/round.hpp"
#include "etch/kernel/conv2d_layout.hpp"

namespace etch {

/// How a convolution computes rows of outputs in pairs, and where: see conv2d_pairs-inl.hpp.
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

  /// Rows of the window that are multiplied together, one, two or three a stride apart, and the
  /// first of their transformed rows of pixels.
  struct Group {
    int tap, taps, product;
  };
  /// Of rows, and so of groups, or columns: more columns are too much to unroll.
  static constexpr int most_taps = 9;
  struct Groups {
    Group all[most_taps]{};
    int count = 0, products = 0;
  };
  /// Those of the window: 5 rows are 3 and 2, of a stride of 2 the even and the odd ones.
  constexpr Groups groups() const {
    Groups groups;
    const Window& window = conv.rows;
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

  constexpr int pairs() const { return conv.rows.out / 2; }
  /// Whether the last row is none of a pair.
  constexpr bool single() const { return conv.rows.out % 2 == 1; }

  /// Floats of a row of pixels, which is transformed as it lies.
  constexpr std::ptrdiff_t row_floats() const {
    return round_up(conv.columns.in * conv.channels, conv_panel);
  }

  /// Floats of scratch memory: a row for each product, and one of zeros.
  constexpr std::size_t scratch() const {
    return static_cast<std::size_t>((groups().products + 1) * row_floats());
  }

  /// Operations on 16 lanes that a picture takes: products, and two for each transformed vector.
  constexpr std::int64_t operations() const {
    const int last = conv.rows.out - 1;
    const int alone = single() ? conv.rows.end(last) - conv.rows.first(last) : 0;
    const std::int64_t rows = std::int64_t{pairs()} * groups().products + alone;
    return rows * conv.columns.taps() * conv.channels * conv.filter_panels() +
           std::int64_t{pairs()} * groups().products * 2 * row_floats() / conv_panel;
  }

  /// Whether they are fewer than plain sums have. (As many times as fast on a Zen 4 by AVX-512, and
  /// by AVX2: 14x14x16 to 16, 5x5, 1.27 and 1.25, with stride 2 1.22 and 1.17; 28x28x16 to 16, 3x3,
  /// 1.36 and 1.39, with stride 2 1.14 and 1.14; 64x64x64 to 64, 3x3, 1.45 and 1.45; 14x14x20 to
  /// 20, 2x2, 4x4 and 7x7, 1.24, 1.21 and 1.23, and 1.33, 1.21 and 1.21; 28x28x1 to 16, 5x5 and
  /// 3x3, 1.32 and 1.33, and 1.29 and 1.17; 4x4x64 to 64, 3x3, 1.02 and 1.03.)
  constexpr bool better() const {
    return std::max(conv.columns.size, conv.rows.size) <= most_taps && pairs() > 0 &&
           operations() < conv.products();
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
