#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <system_error>
#include <vector>

#include "etch/io/fail.hpp"
#include "etch/io/file.hpp"
#include "etch/io/walk.hpp"

namespace etch::detail {
namespace {

namespace fs = std::filesystem;

std::string reason() {
  return std::generic_category().message(errno);
}

std::span<const std::uint8_t> read_file(const fs::path& path, std::vector<std::uint8_t>& buffer) {
  const File file{std::fopen(path.c_str(), "rb")};
  if (!file) throw Unusable("cannot be opened, " + reason());
  buffer.resize(largest_file + 1);
  const std::size_t size = std::fread(buffer.data(), 1, buffer.size(), file.get());
  if (std::ferror(file.get()) != 0) throw Unusable("cannot be read, " + reason());
  if (size > largest_file) {
    throw Unusable(fmt::format("at most {} bytes expected, more found", largest_file));
  }
  return {buffer.data(), size};
}

}  // namespace

void walk_folder(const fs::path& folder, const Visit& visit) {
  std::vector<std::uint8_t> buffer;
  fs::path at = folder;  // an error of the iterator does not always say where it happened
  try {
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder)) {
      at = entry.path();
      std::error_code trouble;  // a link to nowhere is no file
      if (!entry.is_regular_file(trouble)) continue;
      visit(at.lexically_relative(folder).generic_string(), [&] { return read_file(at, buffer); });
    }
  } catch (const fs::filesystem_error& error) {
    refuse_unreadable(at, "a folder", error.code().message());
  }
}

}  // namespace etch::detail
