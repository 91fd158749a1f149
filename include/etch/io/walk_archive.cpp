#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>
#include <locale.h>  // newlocale

#include <cerrno>
#include <cstring>
#include <fstream>
#include <memory>
#include <system_error>
#include <vector>

#include "etch/io/fail.hpp"
#include "etch/io/walk.hpp"

namespace etch::detail {
namespace {

namespace fs = std::filesystem;

/// Linux's limit of a path. Names are kept, and packed they take next to nothing: longer ones could
/// use up the memory.
constexpr std::size_t longest_name = 4'096;

/// Makes this thread read names as UTF-8 for a while. In the locale C, in which a program starts,
/// libarchive loses every name beyond ASCII.
class NamesInUtf8 {
 public:
  NamesInUtf8() : mine_(newlocale(LC_CTYPE_MASK, "C.UTF-8", locale_t{})) {
    if (mine_ != locale_t{}) before_ = uselocale(mine_);
  }
  ~NamesInUtf8() {
    if (mine_ == locale_t{}) return;
    uselocale(before_);
    freelocale(mine_);
  }
  NamesInUtf8(const NamesInUtf8&) = delete;
  NamesInUtf8& operator=(const NamesInUtf8&) = delete;

 private:
  locale_t mine_, before_{};
};

class Archive {
 public:
  explicit Archive(const fs::path& path) : path_(path) {
    if (!std::ifstream(path)) {
      refuse_unreadable(path, "a file", std::generic_category().message(errno));
    }
    allow_formats();
    constexpr std::size_t block = 1 << 16;
    if (archive_read_open_filename(archive_.get(), path.c_str(), block) != ARCHIVE_OK) fail();
  }

  /// Goes on to the next entry; false at the end.
  bool next() {
    skip_rest();
    const auto before = archive_filter_bytes(archive_.get(), 0);
    const int result = archive_read_next_header(archive_.get(), &entry_);
    if (result == ARCHIVE_EOF) {
      require_end_mark(before);
      return false;
    }
    if (result != ARCHIVE_OK && result != ARCHIVE_WARN) fail();
    ++entries_;
    name_ = entry_name();
    return true;
  }

  bool at_file() const { return archive_entry_filetype(entry_) == AE_IFREG; }

  const std::string& name() const { return name_; }

  std::span<const std::uint8_t> read() {
    buffer_.resize(largest_file + 1);
    std::size_t size = 0;
    while (size < buffer_.size()) {
      const auto got =
          archive_read_data(archive_.get(), buffer_.data() + size, buffer_.size() - size);
      if (got == 0) return {buffer_.data(), size};
      if (got == ARCHIVE_FATAL) fail();
      if (got < 0) throw Unusable(reason());
      size += static_cast<std::size_t>(got);
    }
    throw Unusable(fmt::format("at most {} bytes expected, more found", largest_file));
  }

 private:
  struct Free {
    void operator()(archive* a) const { archive_read_free(a); }
  };

  /// Not all that libarchive can do: mtree would open the files which the archive names, and some
  /// filters start programs.
  void allow_formats() {
    archive* const a = archive_.get();
    archive_read_support_format_tar(a);
    archive_read_support_format_zip(a);
    archive_read_support_format_7zip(a);
    archive_read_support_format_cpio(a);
    archive_read_support_filter_gzip(a);
    archive_read_support_filter_bzip2(a);
    archive_read_support_filter_xz(a);
    archive_read_support_filter_zstd(a);
  }

  std::string entry_name() const {
    const char* const name = archive_entry_pathname(entry_);
    if (name == nullptr) {
      refuse(path_, fmt::format("names in UTF-8 expected, another one found in entry {}", entries_),
             "pack it again");
    }
    if (std::strlen(name) > longest_name) {
      refuse(path_,
             fmt::format("names of at most {} bytes expected, a longer one found in entry {}",
                         longest_name, entries_),
             "pack it again");
    }
    return name;
  }

  void skip_rest() {
    if (entries_ > 0 && archive_read_data_skip(archive_.get()) == ARCHIVE_FATAL) fail();
  }

  /// A tar file that is cut between two files looks complete to libarchive: the mark is missing,
  /// one block of zeros at least.
  void require_end_mark(std::int64_t before) {
    constexpr std::int64_t mark = 512;
    const bool tar =
        (archive_format(archive_.get()) & ARCHIVE_FORMAT_BASE_MASK) == ARCHIVE_FORMAT_TAR;
    if (tar && archive_filter_bytes(archive_.get(), 0) - before < mark) fail("no end mark");
  }

  std::string reason() const {
    const char* text = archive_error_string(archive_.get());
    return text == nullptr ? "cut off or changed" : printable(text);
  }

  [[noreturn]] void fail() const { fail(reason()); }

  [[noreturn]] void fail(const std::string& why) const {
    if (entries_ == 0) {
      refuse(path_,
             fmt::format(
                 "an archive or a file *-images-idx3-ubyte[.gz] expected, neither found ({})", why),
             give_data_set);
    }
    std::error_code unknown;
    refuse(path_,
           fmt::format(
               "a complete archive expected, damaged after entry {} ({}), near byte {} of {}: {}",
               entries_, name_, archive_filter_bytes(archive_.get(), -1),
               fs::file_size(path_, unknown), why),
           fetch_again);
  }

  fs::path path_;
  std::unique_ptr<archive, Free> archive_{archive_read_new()};
  archive_entry* entry_ = nullptr;
  std::size_t entries_ = 0;
  std::string name_;
  std::vector<std::uint8_t> buffer_;
};

}  // namespace

void walk_archive(const fs::path& path, const Visit& visit) {
  const NamesInUtf8 locale;
  Archive archive(path);
  while (archive.next()) {
    if (archive.at_file()) visit(archive.name(), [&] { return archive.read(); });
  }
}

}  // namespace etch::detail
