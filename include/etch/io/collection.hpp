#ifndef ETCH_IO_COLLECTION_HPP
#define ETCH_IO_COLLECTION_HPP

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace etch::detail {

/// Pictures of one size as they were read, before they are split.
struct Collection {
  std::size_t height = 0, width = 0;
  std::vector<std::uint8_t> pixels;  // [count][height * width]
  std::vector<std::uint8_t> labels;  // [count], 0..9
  std::vector<std::string> skipped;
};

/// Bytes of pixels at most, so that a file which lies cannot use up the memory: three times the
/// largest set in use (EMNIST, 638 MB).
inline constexpr std::size_t largest_collection = std::size_t{1} << 31;

/// Of one picture, in pixels.
inline constexpr std::size_t largest_side = 1024;

inline constexpr int classes = 10;

}  // namespace etch::detail

#endif
