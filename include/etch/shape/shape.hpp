#ifndef ETCH_SHAPE_SHAPE_HPP
#define ETCH_SHAPE_SHAPE_HPP

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "etch/base/round.hpp"

namespace etch {

/// What one sample of an activation looks like: a picture `Shape<height, width, channels>`, the
/// channels of a pixel side by side, or a vector `Shape<units>`.
template <int... Extents>
struct Shape {
  static constexpr std::size_t rank = sizeof...(Extents);
  static constexpr std::array<int, rank> extents{Extents...};
  static constexpr bool is_picture = rank == 3;

  static constexpr int height = is_picture ? extents.front() : 1;
  static constexpr int width = is_picture ? extents[rank / 2] : 1;
  static constexpr int channels = extents.back();

  static constexpr int largest = 1 << 30;  // beyond, bytes and offsets would leave an int
  static constexpr int size = [] {
    std::int64_t product = 1;
    for (int extent : extents) product = std::min<std::int64_t>(product * extent, largest);
    return static_cast<int>(product);
  }();
  static_assert(size < largest,
                "etch: Shape: requires fewer than 2^30 values of a sample, more came; use smaller "
                "pictures, or fewer units or filters");

  /// Floats from one sample to the next where a batch lies in an arena. Whole cache lines, so that
  /// vectors may run over the end of a sample (what lies there is and stays zero), but no multiple
  /// of 4 KiB: samples a power of two apart would compete for the same few lines of the L1 cache
  /// (measured: a dense layer of 1,024 units gains 8 % from 1,040).
  static constexpr std::ptrdiff_t stride = [] {
    const std::ptrdiff_t whole_lines = round_up(size, 16);
    return whole_lines % 1024 == 0 ? whole_lines + 16 : whole_lines;
  }();
};

}  // namespace etch

#endif
