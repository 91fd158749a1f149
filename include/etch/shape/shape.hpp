#ifndef ETCH_SHAPE_SHAPE_HPP
#define ETCH_SHAPE_SHAPE_HPP

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "etch/base/round.hpp"

namespace etch {

/// A sample has fewer than 2^30 values, so that offsets within it are ints.
template <int... Extents>
struct sample_fits {
  static constexpr int limit = 1 << 30;
  static constexpr bool value = [] {
    std::int64_t product = 1;
    ((product = std::min<std::int64_t>(product * Extents, limit)), ...);
    return product < limit;
  }();
};

/// A vector, or height, width and channels; none is empty.
template <int... Extents>
struct has_extents {
  static constexpr bool value =
      (sizeof...(Extents) == 1 || sizeof...(Extents) == 3) && ((Extents >= 1) && ...);
};

namespace detail {

// A class of its own, because clang leaves out of a class what follows a failed assertion.
template <int... Extents>
struct CheckedSample {
  static_assert(sample_fits<Extents...>::value,
                "etch: Shape: requires fewer than 2^30 values of a sample, more came; use smaller "
                "pictures, or fewer units or filters");
  static_assert(has_extents<Extents...>::value,
                "etch: Shape: requires height, width and channels, or units, all at least 1, "
                "others came; look at the layer whose Output it is");
};

}  // namespace detail

/// What one sample of an activation looks like: a picture `Shape<height, width, channels>`, the
/// channels of a pixel side by side, or a vector `Shape<units>`.
template <int... Extents>
struct Shape {
  static constexpr std::size_t rank = sizeof...(Extents);
  static constexpr std::array<int, rank> extents{(Extents < 1 ? 1 : Extents)...};
  static constexpr bool is_picture = rank == 3;

  static constexpr int height = is_picture ? extents.front() : 1;
  static constexpr int width = is_picture ? extents[rank / 2] : 1;
  static constexpr int channels = extents.back();

  static_assert(sizeof(detail::CheckedSample<Extents...>) > 0);
  static constexpr int size =
      (1 * ... * (sample_fits<Extents...>::value && Extents >= 1 ? Extents : 1));

  /// Floats from one sample to the next where a batch lies in an arena.
  static constexpr std::ptrdiff_t stride = row_stride(size);
};

template <class T>
struct is_shape {
  static constexpr bool value = false;
};
template <int... Extents>
struct is_shape<Shape<Extents...>> {
  static constexpr bool value = true;
};

}  // namespace etch

#endif
