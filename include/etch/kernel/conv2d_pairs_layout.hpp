#ifndef ETCH_KERNEL_CONV2D_PAIRS_LAYOUT_HPP
#define ETCH_KERNEL_CONV2D_PAIRS_LAYOUT_HPP

#include <array>
#include <cstddef>
#include <cstdint>

#include "etch/kernel/channels.hpp"
#include "etch/kernel/conv2d_layout.hpp"

namespace etch {

/// How a convolution computes outputs of a row in pairs, and where: see conv2d_pairs-inl.hpp.
struct Conv2DPairsSizes {
  Conv2DSizes conv;

  /// Taps that are multiplied together, one, two or three a stride apart, and their first product.
  struct Group {
    int tap, taps, product;
  };
  struct Groups {
    std::array<Group, 8> all{};
    int count = 0, products = 0;
  };
  /// Those of a row of the window: 5 taps are 3 and 2, of a stride of 2 the even and the odd ones.
  constexpr Groups groups() const {
    Groups groups;
    const Window& window = conv.columns;
    for (int phase = 0; phase < window.stride; ++phase) {
      for (int tap = phase; tap < window.size;) {
        const int left = (window.size - 1 - tap) / window.stride + 1;
        const int taps = left == 4 ? 2 : left < 3 ? left : 3;
        groups.all[static_cast<std::size_t>(groups.count++)] = {tap, taps, groups.products};
        groups.products += taps + 1;
        tap += taps * window.stride;
      }
    }
    return groups;
  }

  constexpr int pairs() const { return conv.columns.out / 2; }
  /// Whether the last output of a row is none of a pair.
  constexpr bool single() const { return conv.columns.out % 2 == 1; }

  /// Floats of a row of the picture once it is transformed: [pair][product][channel].
  constexpr int pixel() const { return channel_lanes(conv.channels); }
  constexpr int row_floats() const { return pairs() * groups().products * pixel(); }

  /// Floats of scratch memory: the rows under the window.
  constexpr std::size_t scratch() const {
    return static_cast<std::size_t>(std::ptrdiff_t{conv.rows.size} * row_floats());
  }

  /// Operations on 16 lanes that a picture takes: products, and two for each transformed vector.
  constexpr std::int64_t operations() const {
    const int alone = single() ? conv.columns.end(conv.columns.out - 1) : 0;
    const std::int64_t row = pairs() * groups().products + alone;
    return conv.rows.taps() * row * conv.channels * conv.filter_panels() +
           std::int64_t{conv.rows.in} * pairs() * 2 * groups().products * conv.channel_panels();
  }

  /// Whether they are fewer than plain sums have. (AVX-512, as many times as fast: 14x14x16 to 16,
  /// 5x5, 1.25, with stride 2 1.26; 28x28x16 to 16, 3x3, 1.34, with stride 2 1.03; 64x64x64 to 64,
  /// 3x3, 1.46; 14x14x20 to 20, 2x2, 4x4 and 7x7, 1.21, 1.19 and 1.24; 28x28x1 to 16 and 32, 5x5,
  /// 1.07 and 1.13, to 16, 3x3, 0.96.)
  constexpr bool better() const {
    const int taps = conv.columns.size;
    return taps >= 2 && taps <= 9 && pairs() > 0 && operations() < conv.products();
  }
};

}  // namespace etch

#endif
