#ifndef ETCH_SHAPE_SHAPE_HPP
#define ETCH_SHAPE_SHAPE_HPP

#include <array>
#include <cstddef>

namespace etch {

/// What one sample of an activation looks like: a picture `Shape<height, width, channels>`, the
/// channels of a pixel side by side, or a vector `Shape<units>`.
template <int... Extents>
struct Shape {
  static constexpr std::size_t rank = sizeof...(Extents);
  static constexpr std::array<int, rank> extents{Extents...};
  static constexpr bool is_picture = rank == 3;
  static constexpr int size = (1 * ... * Extents);

  static constexpr int height = is_picture ? extents[0] : 1;
  static constexpr int width = is_picture ? extents[rank - 2 < rank ? rank - 2 : 0] : 1;
  static constexpr int channels = extents[rank - 1];

  /// Floats from one sample to the next where a batch lies in an arena. Whole cache lines, so that
  /// vectors may run over the end of a sample (what lies there is and stays zero), but no multiple
  /// of 4 KiB: samples a power of two apart would compete for the same few lines of the L1 cache
  /// (measured: a dense layer of 1,024 units gains 8 % from 1,040).
  static constexpr int stride = [] {
    const int whole_lines = (size + 15) / 16 * 16;
    return whole_lines % 1024 == 0 ? whole_lines + 16 : whole_lines;
  }();
};

}  // namespace etch

#endif
