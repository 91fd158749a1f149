#ifndef ETCH_IO_SAFETENSORS_HPP
#define ETCH_IO_SAFETENSORS_HPP

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "etch/io/file.hpp"
#include "etch/io/new_file.hpp"

// The format of huggingface/safetensors: 8 bytes, the header's length, little endian; the header, a
// JSON object with for each tensor its type, shape and the range of its bytes, counted from the
// header's end; those bytes, without holes.
namespace etch::detail {

/// What the header says of a tensor.
struct Tensor {
  std::string name;
  std::string dtype;                 // "F32"
  std::vector<std::uint64_t> shape;  // row-major
  std::uint64_t begin = 0, end = 0;  // bytes of the data

  bool operator==(const Tensor&) const = default;
};

/// "F32 [784, 10]".
std::string type_of(const Tensor& tensor);

/// Elements, or nothing where they are 2^60 or more.
std::optional<std::uint64_t> elements(const Tensor& tensor);

struct SafetensorsHeader {
  std::vector<Tensor> tensors;  // in the order of their bytes
  std::map<std::string, std::string> metadata;
};

/// A file to read, whose header is as the format demands: the ranges of the tensors cover the data
/// and do not overlap, and those of F32 suit their shapes. Tensors of other types are listed.
class SafetensorsReader {
 public:
  /// Throws Error where `path` is no such file. Memory is in proportion to the header, which has at
  /// most 100 MB, as the format says, and lies in the file.
  explicit SafetensorsReader(const std::filesystem::path& path);

  const SafetensorsHeader& header() const { return header_; }

  /// `values.size()` elements of a tensor of F32, from element `first` on.
  void read(const Tensor& tensor, std::uint64_t first, std::span<float> values);

 private:
  std::filesystem::path path_;
  File file_;
  std::uint64_t data_ = 0;  // where it begins
  SafetensorsHeader header_;
};

/// A file to write; the elements of its tensors, all F32, follow one after another.
class SafetensorsWriter {
 public:
  /// Takes names and shapes from `header`, ranges follow from them. Throws Error where no file can
  /// be written at `path`.
  SafetensorsWriter(const std::filesystem::path& path, const SafetensorsHeader& header);

  /// Both throw Error for want of room.
  void write(std::span<const float> values);
  void finish() { file_.finish(); }

 private:
  NewFile file_;
};

}  // namespace etch::detail

#endif
