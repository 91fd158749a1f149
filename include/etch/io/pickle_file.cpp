#include "etch/io/pickle_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "etch/io/fail.hpp"

namespace etch::detail {

PickleFile::PickleFile(std::filesystem::path path, std::span<const std::uint8_t> bytes)
    : path_(std::move(path)), rest_(bytes), size_(bytes.size()) {}

std::uint8_t PickleFile::opcode() {
  at_ = size_ - rest_.size();
  return take(1).front();
}

std::uint64_t PickleFile::number(std::size_t bytes) {
  std::uint64_t value = 0;
  std::size_t shift = 0;
  for (const std::uint8_t byte : take(bytes)) {
    value |= std::uint64_t{byte} << shift;
    shift += 8;
  }
  return value;
}

std::int64_t PickleFile::signed_number(std::size_t bytes) {
  if (bytes == 0) return 0;
  const std::uint64_t value = number(bytes);
  const std::uint64_t sign = std::uint64_t{1} << (8 * bytes - 1);
  return static_cast<std::int64_t>((value ^ sign) - sign);
}

void PickleFile::require(std::uint64_t size) const {
  if (size > rest_.size()) fail_at_end(fmt::format("{} bytes", size));
}

std::span<const std::uint8_t> PickleFile::take(std::uint64_t size) {
  require(size);
  const auto taken = rest_.first(static_cast<std::size_t>(size));
  rest_ = rest_.subspan(taken.size());
  return taken;
}

std::span<const std::uint8_t> PickleFile::line() {
  const auto end = std::find(rest_.begin(), rest_.end(), '\n');
  if (end == rest_.end()) fail_at_end("a line");
  const auto text = take(static_cast<std::uint64_t>(end - rest_.begin()));
  take(1);
  return text;
}

void PickleFile::fail(const std::string& expected, const std::string& found) const {
  refuse(path_, fmt::format("{} expected, {} found at byte {}", expected, found, at_), make_pickle);
}

void PickleFile::fail_at_end(const std::string& expected) const {
  refuse(path_,
         fmt::format("a whole pickle expected, {} wanted behind byte {} where the file has {} more",
                     expected, size_ - rest_.size(), rest_.size()),
         "fetch or make it again");
}

std::string quotable(std::span<const std::uint8_t> name) {
  constexpr std::size_t longest = 60;
  std::string text(name.begin(),
                   name.begin() + static_cast<std::ptrdiff_t>(std::min(name.size(), longest)));
  for (char& c : text) {
    if (c < ' ' || c > '~' || c == ';') c = '?';  // ';' divides the sentences of a message
  }
  return name.size() > longest ? text + "..." : text;
}

}  // namespace etch::detail
