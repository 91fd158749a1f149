#ifndef ETCH_IO_MAPPING_HPP
#define ETCH_IO_MAPPING_HPP

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>

namespace etch::detail {

/// A file's bytes as memory, of which the system reads what is looked at. Whoever cuts the file
/// meanwhile ends the program (SIGBUS), as with any mapped file.
class Mapping {
 public:
  /// Throws Error if the file cannot be read.
  explicit Mapping(const std::filesystem::path& file);
  ~Mapping();
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;

  std::span<const std::uint8_t> bytes() const { return {data_, size_}; }

 private:
  const std::uint8_t* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace etch::detail

#endif
