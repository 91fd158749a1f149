#ifndef ETCH_IO_NEW_FILE_HPP
#define ETCH_IO_NEW_FILE_HPP

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>

#include "etch/io/file.hpp"

namespace etch::detail {

/// Where a file that is written at `path` lies: a link stays, and what it leads to is written.
std::filesystem::path behind_links(std::filesystem::path path);

/// A file that is there whole or not at all: it is written beside its place, under a name of its
/// own, and takes its place when it is finished. What is not finished leaves nothing behind.
class NewFile {
 public:
  /// Throws Error where no file can be written at `path`, or where something else than a file is.
  explicit NewFile(const std::filesystem::path& path);
  ~NewFile();
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;

  /// Both throw Error where the system refuses, as for want of room.
  void write(std::span<const std::uint8_t> bytes);
  void finish();

 private:
  [[noreturn]] void fail() const;

  std::filesystem::path path_, unfinished_;
  File file_;
  bool finished_ = false;
};

/// Throws Error where no file can be written at `path`; changes nothing.
void check_writable(const std::filesystem::path& path);

}  // namespace etch::detail

#endif
