#ifndef ETCH_TEST_IO_MAKE_HPP
#define ETCH_TEST_IO_MAKE_HPP

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "etch/io/dataset.hpp"

// Makers of the files which the tests of io read.
namespace etch::test {

using Bytes = std::vector<std::uint8_t>;

struct File {
  std::string path;
  Bytes bytes;
};

/// A folder of its own for one test, gone after it.
class Folder {
 public:
  Folder();
  ~Folder();
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }

  /// Writes a file, and the folders above it.
  std::filesystem::path write(const std::string& name, const Bytes& bytes) const;

 private:
  std::filesystem::path path_;
};

/// 28x28 pixels that differ for every `seed`.
Bytes pixels(std::uint32_t seed);

/// What a PNG file holds: rows as the format stores them, 16 bits with the high byte first.
struct Png {
  std::uint32_t height = 28, width = 28;
  int color_type = 0, bit_depth = 8;  // gray
  bool interlaced = false;
  Bytes palette = {};  // red, green, blue, ...
};

/// A PNG file.
Bytes png(const Bytes& rows, const Png& kind = {});

/// A good picture of 28x28.
inline Bytes letter(std::uint32_t seed) {
  return png(pixels(seed));
}

/// An archive, by libarchive's names of a format ("ustar", "pax", "zip", "7zip", ...) and of a
/// filter ("gzip", "xz", ... or "none").
Bytes archive(const std::vector<File>& files, const std::string& format = "ustar",
              const std::string& filter = "gzip");

Bytes gzip(const Bytes& bytes);

/// An IDX file: a magic number, other numbers of the header, data.
Bytes idx(std::uint32_t magic, const std::vector<std::uint32_t>& sizes, const Bytes& data);

/// `count` pictures of 2x2 that tell their number: [i % 256, i / 256, `tag`, 0].
Bytes idx_images(std::uint32_t count, std::uint8_t tag = 0);

/// `count` labels i % 10.
Bytes idx_labels(std::uint32_t count);

/// The first `size` bytes.
inline Bytes cut(Bytes bytes, std::size_t size) {
  bytes.resize(size);
  return bytes;
}

/// The message of the Error that loading `path` ends with, or "" if there is none. Checks that it
/// is a line "<where>: <what> expected, <what came>; <what to do>".
std::string error_of(const std::filesystem::path& path, const SplitOptions& options = {});

/// All is for training.
inline constexpr SplitOptions no_split{.test = 0, .validation = 0};

/// Whether two data sets are the same, byte for byte.
bool same(const Dataset& a, const Dataset& b);

}  // namespace etch::test

#endif
