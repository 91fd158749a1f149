#include "etch/io/new_file.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <system_error>

#include "etch/io/fail.hpp"

namespace etch::detail {
namespace fs = std::filesystem;

fs::path behind_links(fs::path path) {
  std::error_code trouble;
  constexpr int most_links = 40;  // as Linux
  for (int i = 0; i < most_links && fs::is_symlink(path, trouble); ++i) {
    path = path.parent_path() / fs::read_symlink(path, trouble);
  }
  return path;
}

NewFile::NewFile(const fs::path& path) : path_(behind_links(path)) {
  std::error_code trouble;
  // A device must not be replaced by a file.
  if (fs::exists(path_, trouble) && !fs::is_regular_file(path_, trouble)) {
    refuse(path, "the name of a file to write expected, a folder or device found",
           "give another name");
  }
  if (path_.filename().empty()) {
    refuse(path, "the name of a file to write expected, none found", "give a name");
  }
  unfinished_ = path_;
  unfinished_ += fmt::format(".{}.unfinished", getpid());  // runs side by side keep apart
  file_.reset(std::fopen(unfinished_.c_str(), "wb"));
  if (!file_) fail();
}

NewFile::~NewFile() {
  if (finished_) return;
  file_.reset();
  std::error_code ignored;
  fs::remove(unfinished_, ignored);
}

void NewFile::write(std::span<const std::uint8_t> bytes) {
  if (std::fwrite(bytes.data(), 1, bytes.size(), file_.get()) != bytes.size()) fail();
}

void NewFile::finish() {
  // On the disk before it takes the place of what was there: a power cut must not leave neither.
  const bool there = std::fflush(file_.get()) == 0 && fsync(fileno(file_.get())) == 0;
  if (!there || std::fclose(file_.release()) != 0) fail();
  std::error_code error;
  fs::rename(unfinished_, path_, error);
  if (error) {
    errno = error.value();
    fail();
  }
  finished_ = true;
}

void NewFile::fail() const {
  refuse_unwritable(path_, std::generic_category().message(errno));
}

void check_writable(const fs::path& path) {
  NewFile file(path);
}

}  // namespace etch::detail
