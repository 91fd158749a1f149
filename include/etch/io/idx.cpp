#include "etch/io/idx.hpp"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <span>
#include <system_error>

#include "etch/io/fail.hpp"
#include "etch/io/mapping.hpp"
#include "etch/io/pages.hpp"

namespace etch::detail {
namespace {

namespace fs = std::filesystem;

constexpr std::uint32_t images_magic = 0x0803, labels_magic = 0x0801;
constexpr const char* images_suffix = "-images-idx3-ubyte";
constexpr const char* labels_suffix = "-labels-idx1-ubyte";

/// Reads a file from its beginning to its end, gzipped or not: zlib sees which.
class IdxFile {
 public:
  explicit IdxFile(const fs::path& path) : path_(path) {
    if (!fs::is_regular_file(path)) {
      fail("a file expected, a folder or device found", "put the IDX file in its place");
    }
    file_.reset(gzopen(path.c_str(), "rb"));
    if (!file_) refuse_unreadable(path, "a file", std::generic_category().message(errno));
    gzbuffer(file_.get(), 1 << 17);
  }

  void magic(std::uint32_t expected, const char* content) {
    const std::uint32_t found = number("the magic number");
    if (found != expected) {
      fail(fmt::format("magic number {:#010x} ({}) expected at byte 0, {:#010x} found", expected,
                       content, found),
           fmt::format("give an IDX file of {}", content));
    }
  }

  /// A number of the header.
  std::uint32_t number(const char* meaning) {
    std::array<std::uint8_t, 4> b{};
    const std::size_t at = position_;
    if (read(b) < b.size()) {
      fail(fmt::format("{} expected at byte {}, the file ends at byte {}", meaning, at, position_));
    }
    return std::uint32_t{b[0]} << 24 | std::uint32_t{b[1]} << 16 | std::uint32_t{b[2]} << 8 | b[3];
  }

  /// All bytes up to the end, which must be `count`.
  std::vector<std::uint8_t> rest(std::size_t count, const std::string& content) {
    const std::size_t start = position_, expected = start + count;
    auto bytes = gzdirect(file_.get()) ? copy(count + 1) : inflate(count + 1);
    if (bytes.size() < count) {
      fail(fmt::format("{} bytes expected ({}), the file ends at byte {}", expected, content,
                       start + bytes.size()));
    }
    if (bytes.size() > count) {
      fail(fmt::format("{} bytes expected ({}), more found", expected, content));
    }
    return bytes;
  }

  [[noreturn]] void fail(const std::string& what, const std::string& to_do = fetch_again) const {
    refuse(path_, what, to_do);
  }

 private:
  struct Close {
    void operator()(gzFile file) const { gzclose(file); }
  };

  /// The next `most` bytes, or what there is, of a file that is not compressed. Its pages are
  /// mapped, which saves a copy (MNIST's 60,000 pictures: 9 ms, read in chunks 18).
  std::vector<std::uint8_t> copy(std::size_t most) const {
    const Mapping file(path_);
    const auto left = file.bytes().subspan(std::min(position_, file.bytes().size()));
    const auto wanted = left.first(std::min(most, left.size()));
    std::vector<std::uint8_t> bytes;
    reserve_in_huge_pages(bytes, wanted.size());
    bytes.assign(wanted.begin(), wanted.end());
    return bytes;
  }

  /// The same of one that is compressed. Memory is taken for what can be there, not for what the
  /// header claims: a byte inflates to fewer than 1,040.
  std::vector<std::uint8_t> inflate(std::size_t most) {
    std::vector<std::uint8_t> bytes, chunk(1 << 18);
    reserve_in_huge_pages(bytes, std::min<std::uintmax_t>(most, fs::file_size(path_) * 1040));
    while (bytes.size() < most) {
      const auto room = std::span{chunk}.first(std::min(chunk.size(), most - bytes.size()));
      const std::size_t got = read(room);
      bytes.insert(bytes.end(), room.begin(), room.begin() + static_cast<std::ptrdiff_t>(got));
      if (got < room.size()) break;
    }
    return bytes;
  }

  /// The number of bytes read: less than asked for at the end of the file.
  std::size_t read(std::span<std::uint8_t> to) {
    const int got = gzread(file_.get(), to.data(), static_cast<unsigned>(to.size()));
    if (got > 0) position_ += static_cast<std::size_t>(got);
    if (got < static_cast<int>(to.size())) check();
    return static_cast<std::size_t>(got);
  }

  void check() const {
    int error = Z_OK;
    const char* text = gzerror(file_.get(), &error);
    if (error == Z_OK) return;
    std::string why = error == Z_ERRNO ? std::generic_category().message(errno) : text;
    if (const auto colon = why.rfind(": "); colon != why.npos) why.erase(0, colon + 2);  // the path
    fail(fmt::format("a complete file expected, damaged after byte {} of its content ({})",
                     position_, why));
  }

  fs::path path_;
  std::unique_ptr<gzFile_s, Close> file_;
  std::size_t position_ = 0;
};

Collection read_images(const fs::path& path) {
  IdxFile file(path);
  file.magic(images_magic, "pictures");
  const std::size_t count = file.number("the number of pictures");
  const std::size_t height = file.number("the height");
  const std::size_t width = file.number("the width");
  const auto content = fmt::format("{} pictures of {}x{}", count, height, width);
  if (count == 0 || std::min(height, width) == 0 || std::max(height, width) > largest_side) {
    file.fail(fmt::format("one picture or more of 1x1 to {}x{} expected, {} found in the header",
                          largest_side, largest_side, content),
              "fetch it again, or give another set");
  }
  const std::size_t bytes = count * height * width;  // below 2^52
  if (bytes > largest_collection) {
    file.fail(
        fmt::format("at most {} bytes of pixels expected, {} found", largest_collection, content),
        give_fewer);
  }
  return {height, width, file.rest(bytes, content), {}, {}};
}

std::vector<std::uint8_t> read_labels(const fs::path& path, std::size_t count,
                                      const fs::path& images) {
  IdxFile file(path);
  file.magic(labels_magic, "labels");
  const std::size_t found = file.number("the number of labels");
  if (found != count) {
    file.fail(fmt::format("{} labels expected, one for each picture in {}, {} found", count,
                          images.filename().string(), found),
              "give the labels of the same set");
  }
  auto labels = file.rest(count, fmt::format("{} labels", count));
  const auto wrong = std::find_if(labels.begin(), labels.end(), [](int l) { return l >= classes; });
  if (wrong != labels.end()) {
    const auto i = wrong - labels.begin();
    file.fail(fmt::format("labels 0 to 9 expected, {} found at byte {} (label {}, counted from 0)",
                          *wrong, i + 8, i),
              "give a set of ten classes");
  }
  return labels;
}

/// `path`, or `path` with .gz, whichever is there; else empty.
fs::path find(const fs::path& folder, const std::string& name) {
  for (const char* const ending : {"", ".gz"}) {
    if (auto path = folder / (name + ending); fs::exists(path)) return path;
  }
  return {};
}

Collection read_pair(const fs::path& folder, const std::string& name, const fs::path& images) {
  const fs::path labels = find(folder, name + labels_suffix);
  const auto missing = [&](const fs::path& there, const char* suffix) {
    refuse(there, fmt::format("{}{}[.gz] expected beside it, no such file found", name, suffix),
           "fetch it too");
  };
  if (images.empty()) missing(labels, images_suffix);
  if (labels.empty()) missing(images, labels_suffix);
  Collection all = read_images(images);
  all.labels = read_labels(labels, all.pixels.size() / (all.height * all.width), images);
  return all;
}

std::string without_gz(const fs::path& path) {
  return (path.extension() == ".gz" ? path.stem() : path.filename()).string();
}

}  // namespace

bool is_idx_images(const fs::path& path) {
  return without_gz(path).ends_with(images_suffix);
}

Collection read_idx(const fs::path& images) {
  const std::string name = without_gz(images);
  return read_pair(images.parent_path(), name.substr(0, name.size() - std::strlen(images_suffix)),
                   images);
}

bool has_idx_pair(const fs::path& folder, const std::string& name) {
  return !find(folder, name + images_suffix).empty() || !find(folder, name + labels_suffix).empty();
}

Collection read_idx_pair(const fs::path& folder, const std::string& name) {
  return read_pair(folder, name, find(folder, name + images_suffix));
}

}  // namespace etch::detail
