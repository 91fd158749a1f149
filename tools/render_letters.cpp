// Renders the letters A to J of fonts as pictures that look like notMNIST's, and writes them as IDX
// files. data/README.md has the commands that made the built-in letters.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "etch/base/error.hpp"
#include "render_letters/choose.hpp"
#include "render_letters/face.hpp"
#include "render_letters/vary.hpp"
#include "render_letters/write.hpp"

namespace {

namespace fs = std::filesystem;
using namespace etch::render;

struct Options {
  std::string folder, fonts, output, sheet, list;
  std::size_t faces = 0;     // 0 = all
  std::size_t pictures = 0;  // to train on; 0 = the faces as they are
};

bool is_font(const fs::path& file) {
  static constexpr std::string_view endings[] = {".ttf", ".otf", ".ttc", ".otc", ".pfb", ".pfa"};
  std::string ending = file.extension().string();
  std::ranges::transform(ending, ending.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  });
  return std::ranges::find(endings, ending) != std::end(endings);
}

// The fonts below the folder, sorted, since directories have no order of their own.
std::vector<std::string> scan(const fs::path& folder) {
  std::vector<std::string> paths;
  constexpr auto skip = fs::directory_options::skip_permission_denied;
  for (const auto& entry : fs::recursive_directory_iterator(folder, skip)) {
    std::error_code dangling;
    if (is_font(entry.path()) && entry.is_regular_file(dangling))
      paths.push_back(entry.path().lexically_relative(folder).generic_string());
  }
  std::ranges::sort(paths);
  return paths;
}

std::vector<Source> read_list(const std::string& file) {
  std::ifstream stream(file);
  std::vector<Source> sources;
  for (std::string line; std::getline(stream, line);) {
    Source source;
    const char* end = line.data() + line.size();
    const auto [rest, error] = std::from_chars(line.data(), end, source.index);
    if (error != std::errc{} || source.index < 0 || end - rest < 2 || *rest != ' ')
      throw etch::Error(fmt::format("{}, line {}", file, sources.size() + 1),
                        fmt::format("an index, a blank and a path are required, \"{}\" came; "
                                    "correct the line",
                                    line));
    source.path.assign(rest + 1, end);
    sources.push_back(std::move(source));
  }
  return sources;
}

// Reads what can be read. A font that cannot is named and left out.
class Collector {
 public:
  explicit Collector(const fs::path& folder) : reader_(folder) {}

  void add_font(const std::string& path) {
    attempt([&] {
      const long count = reader_.faces(path);
      for (long index = 0; index < count; ++index) add({path, index});
    });
  }
  void add_face(const Source& source) {
    attempt([&] { add(source); });
  }

  std::vector<Face> faces;
  std::size_t unreadable = 0;
  std::size_t without_letters = 0;

 private:
  void add(const Source& source) {
    if (auto face = reader_.read(source))
      faces.push_back(std::move(*face));
    else
      ++without_letters;
  }
  template <typename Read>
  void attempt(Read read) {
    try {
      read();
    } catch (const etch::Error& error) {
      fmt::print(stderr, "etch: {}\n", error.what());
      ++unreadable;
    }
  }

  FaceReader reader_;
};

// A list is taken as it stands; a folder's faces are sifted.
std::vector<Face> collect(const Options& options) {
  Collector found(options.folder);
  if (options.fonts.empty())
    for (const std::string& path : scan(options.folder)) found.add_font(path);
  else
    for (const Source& source : read_list(options.fonts)) found.add_face(source);
  fmt::print("{} fonts unreadable, {} faces without letters, {} faces read\n", found.unreadable,
             found.without_letters, found.faces.size());
  if (options.fonts.empty()) {
    drop_duplicates(found.faces);
    fmt::print("{} faces differ\n", found.faces.size());
    drop_symbols(found.faces);
    fmt::print("{} faces show A to J\n", found.faces.size());
  }
  return std::move(found.faces);
}

void run(const Options& options) {
  std::vector<Face> faces = collect(options);
  if (options.faces != 0) choose(faces, options.faces);
  if (faces.empty())
    throw etch::Error(options.folder,
                      "fonts with the letters A to J are required, none came; "
                      "name a folder of fonts, as /usr/share/fonts");
  std::array<std::size_t, part_names.size()> counts{};
  for (const Face& face : faces) ++counts[part_of(face)];
  fmt::print("{} faces used: {} train, {} validation, {} test\n", faces.size(), counts[0],
             counts[1], counts[2]);
  if (!options.list.empty()) write_list(options.list, faces);
  if (options.pictures != 0)
    faces = vary(FaceReader(options.folder), std::move(faces), options.pictures);
  if (!options.output.empty()) {
    std::error_code ignored;  // writing tells
    fs::create_directories(options.output, ignored);
    // The built-in letters are in every clone, so they are packed as well as can be. That takes a
    // large set nine times as long as level 6 and saves 2 % of it.
    write_idx(options.output, faces, options.pictures == 0 ? 9 : 6);
  }
  if (!options.sheet.empty()) write_sheet(options.sheet, faces);
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app{"Renders A to J of fonts as 28x28 pictures, split by family into three parts"};
  app.add_option("folder", options.folder, "folder of fonts")
      ->required()
      ->check(CLI::ExistingDirectory);
  app.add_option("--fonts", options.fonts,
                 "take the faces of this list, lines `index path` below the folder, as they are; "
                 "without it, all distinct faces with real letters")
      ->check(CLI::ExistingFile);
  app.add_option("--faces", options.faces, "take so many at most, of as many families as there are")
      ->check(CLI::Range(10, 1'000'000));
  constexpr int most_pictures = 2'700'000;  // etch takes files of up to 2 GiB
  app.add_option("--pictures", options.pictures, "so many to train on, by variants of the faces")
      ->check(CLI::Range(10, most_pictures));
  app.add_option("--output", options.output, "folder for the IDX files");
  app.add_option("--sheet", options.sheet, "PNG of samples");
  app.add_option("--list", options.list, "write the faces taken as a list for --fonts");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  try {
    run(options);
  } catch (const std::exception& error) {
    fmt::print(stderr, "etch: {}\n", error.what());
    return 1;
  }
}
