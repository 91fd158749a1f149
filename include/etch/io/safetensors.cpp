#include "etch/io/safetensors.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include "etch/io/fail.hpp"
#include "etch/io/safetensors_header.hpp"

namespace etch::detail {
namespace {

namespace fs = std::filesystem;

static_assert(std::endian::native == std::endian::little, "the format's numbers are the machine's");

constexpr std::uint64_t longest_header = 100'000'000;

}  // namespace

SafetensorsReader::SafetensorsReader(const fs::path& path)
    : path_(path), file_(open_file(path, "a safetensors file")) {
  const std::uint64_t size = fs::file_size(path);
  std::uint64_t length = 0;
  if (std::fread(&length, sizeof length, 1, file_.get()) != 1) {
    refuse(path, fmt::format("8 bytes with the header's length expected, {} found", size),
           give_safetensors);
  }
  if (length > size - sizeof length || length > longest_header) {
    refuse(path,
           fmt::format("a header of at most {} bytes expected, one of {} found",
                       std::min(size - sizeof length, longest_header), length),
           give_safetensors);
  }
  std::string json(length, '\0');
  if (std::fread(json.data(), 1, length, file_.get()) != length) {
    refuse(path, "a whole header expected, the file ends in it", give_safetensors);
  }
  data_ = sizeof length + length;
  header_ = parse_header(path, json, size - data_);
}

void SafetensorsReader::read(const Tensor& tensor, std::uint64_t first, std::span<float> values) {
  const std::uint64_t at = data_ + tensor.begin + first * sizeof(float);
  if (fseeko(file_.get(), static_cast<off_t>(at), SEEK_SET) == 0 &&
      std::fread(values.data(), sizeof(float), values.size(), file_.get()) == values.size()) {
    return;
  }
  refuse(path_, fmt::format("all bytes of tensor {} expected, they cannot be read", tensor.name),
         give_safetensors);
}

SafetensorsWriter::SafetensorsWriter(const fs::path& path, const SafetensorsHeader& header)
    : file_(path) {
  SafetensorsHeader placed = header;
  std::uint64_t at = 0;
  for (Tensor& tensor : placed.tensors) {
    tensor.dtype = "F32";
    tensor.begin = at;
    tensor.end = at += sizeof(float) * elements(tensor).value();
  }
  const std::string json = format_header(placed);
  const std::uint64_t length = json.size();
  std::array<std::uint8_t, sizeof length> bytes{};
  std::memcpy(bytes.data(), &length, sizeof length);
  file_.write(bytes);
  file_.write({reinterpret_cast<const std::uint8_t*>(json.data()), json.size()});
}

void SafetensorsWriter::write(std::span<const float> values) {
  file_.write({reinterpret_cast<const std::uint8_t*>(values.data()), values.size_bytes()});
}

}  // namespace etch::detail
