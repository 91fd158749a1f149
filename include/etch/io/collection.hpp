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

inline constexpr int classes = 10;

/// What load_dataset takes, for error messages.
inline constexpr const char* known_data_sets =
    "an archive (.tar.gz, .zip) or a folder with PNG pictures in folders A to J, or an IDX set "
    "(*-images-idx3-ubyte[.gz], *-labels-idx1-ubyte[.gz])";

}  // namespace etch::detail

#endif
