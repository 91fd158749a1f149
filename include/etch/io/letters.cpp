#include "etch/io/letters.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <string_view>
#include <utility>

#include "etch/io/fail.hpp"
#include "etch/io/pages.hpp"
#include "etch/io/png.hpp"
#include "etch/io/walk.hpp"

namespace etch::detail {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t side = 28, values = side * side;

/// A path taken apart: "./notMNIST_small/A/x.png" has folder "A", file "x.png".
struct Name {
  std::string path, folder, file;
  bool hidden = false;

  explicit Name(std::string_view text) {
    while (!text.empty()) {
      const std::size_t end = std::min(text.find('/'), text.size());
      add(text.substr(0, end));
      text.remove_prefix(std::min(end + 1, text.size()));
    }
  }

  void add(std::string_view part) {
    if (part.empty() || part == ".") return;
    if (part.front() == '.' && part != "..") hidden = true;
    folder = std::exchange(file, part);
    path += path.empty() ? file : "/" + file;
  }

  std::string brief() const { return printable(folder.empty() ? file : folder + "/" + file); }
  bool png() const { return file.ends_with(".png") || file.ends_with(".PNG"); }
  bool in_one_letter() const { return folder.size() == 1; }
  bool in_label() const { return in_one_letter() && folder >= "A" && folder <= "J"; }
};

class Letters {
 public:
  explicit Letters(const fs::path& from) : from_(from) {}

  void add(const Name& name, const Read& read) {
    if (name.hidden || !(name.in_label() || name.png())) return;
    if (name.in_one_letter() && !name.in_label()) {
      refuse(from_,
             fmt::format("folders A to J expected for the labels 0 to 9, {} found", name.brief()),
             "remove it");
    }
    if (++seen_ * values > largest_collection) {
      refuse(from_,
             fmt::format("at most {} pictures expected, more found", largest_collection / values),
             give_fewer);
    }
    // A path that comes again replaces what was there, as unpacking would do.
    files_.insert_or_assign(name.path, decode(name, read));
  }

  /// All usable pictures, by path.
  Collection sorted() const {
    Collection all{side, side, {}, {}, {}};
    // Of notMNIST_large, growing would take another 400 MB.
    reserve_in_huge_pages(all.pixels, pixels_.size());
    for (const auto& [path, file] : files_) {
      if (!file.why.empty()) {
        all.skipped.push_back(file.why);
        continue;
      }
      const auto first = pixels_.begin() + static_cast<std::ptrdiff_t>(file.first_pixel);
      all.pixels.insert(all.pixels.end(), first, first + values);
      all.labels.push_back(file.label);
    }
    if (all.labels.empty()) fail(all.skipped);
    return all;
  }

 private:
  struct File {
    std::uint8_t label;
    std::size_t first_pixel;
    std::string why;  // it is skipped
  };

  File decode(const Name& name, const Read& read) {
    try {
      if (!name.in_label()) throw Unusable("in no folder A to J");
      std::array<std::uint8_t, values> picture;
      decode_png(read(), side, side, picture.data());
      pixels_.insert(pixels_.end(), picture.begin(), picture.end());
      return {static_cast<std::uint8_t>(name.folder.front() - 'A'), pixels_.size() - values, ""};
    } catch (const Unusable& error) {
      return {0, 0, name.brief() + ": " + error.what()};
    }
  }

  [[noreturn]] void fail(const std::vector<std::string>& skipped) const {
    refuse(from_,
           "PNG pictures of 28x28 in folders A to J expected, " +
               (skipped.empty()
                    ? "none found"
                    : fmt::format("none of {} is usable ({})", skipped.size(), skipped.front())),
           give_data_set);
  }

  fs::path from_;
  std::map<std::string, File> files_;
  std::vector<std::uint8_t> pixels_;  // in the order of reading
  std::size_t seen_ = 0;
};

}  // namespace

Collection read_letters(const fs::path& path) {
  Letters letters(path);
  const Visit visit = [&](const std::string& name, const Read& read) {
    letters.add(Name(name), read);
  };
  if (fs::is_directory(path)) {
    walk_folder(path, visit);
  } else {
    walk_archive(path, visit);
  }
  return letters.sorted();
}

}  // namespace etch::detail
