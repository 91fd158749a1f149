#include <algorithm>
#include <filesystem>

#include "catch.hpp"
#include "make.hpp"

using Catch::Matchers::ContainsSubstring;
using namespace etch;
using namespace etch::test;

namespace {

/// Pictures of all ten letters, two of each, with what people leave in such folders.
std::vector<File> alphabet(const std::string& top) {
  std::vector<File> files{{top + "README.txt", {'h', 'i'}}, {top + ".DS_Store", {1, 2}}};
  for (std::uint32_t i = 20; i-- > 0;) {  // not in the order of paths
    const std::string folder = top + static_cast<char>('A' + i / 2) + "/";
    if (i % 2 == 1) files.push_back({folder, {}});
    files.push_back({folder + (i % 2 == 0 ? "a.png" : "b=.PNG"), letter(i)});
    files.push_back({folder + (i % 2 == 0 ? "._a.png" : "._b=.PNG"), {0, 5, 22, 7}});
  }
  files.push_back({top + ".hidden/A/a.png", letter(99)});
  files.push_back({top + "C/empty.png", {}});
  files.push_back({top + "B/large.png", Bytes((1 << 20) + 1, 'x')});
  files.push_back({top + "A/small.png", png(Bytes(12), {.height = 3, .width = 4})});
  files.push_back({top + "A/text.txt", {'t', 'e', 'x', 't'}});
  files.push_back({top + "preview.png", letter(100)});
  return files;
}

void unpack(const Folder& folder, const std::vector<File>& files) {
  for (const File& file : files) {
    if (file.path.back() != '/') folder.write(file.path, file.bytes);
  }
}

}  // namespace

TEST_CASE("an archive and its folder give the same pictures in the order of paths",
          "[io][letters]") {
  const std::string top = GENERATE("", "notMNIST_small/", "./down/deep/er/");
  const auto files = alphabet(top);
  const Folder folder;
  unpack(folder, files);
  const Dataset data = load_dataset(folder.path(), {.test = 5, .validation = 4});
  CHECK(data.train.size() == 11);
  CHECK(data.height == 28);
  CHECK(data.width == 28);

  const Folder other;
  for (const char* const kind : {"ustar gzip", "ustar none", "pax bzip2", "gnutar xz", "zip none",
                                 "7zip none", "ustar zstd", "newc gzip"}) {
    const std::string text = kind;
    const auto space = text.find(' ');
    const auto path =
        other.write("archive", archive(files, text.substr(0, space), text.substr(space + 1)));
    INFO(kind);
    CHECK(same(data, load_dataset(path, {.test = 5, .validation = 4})));
  }
}

TEST_CASE("a letter is its folder's, pixels are the picture's", "[io][letters]") {
  const Folder folder;
  const auto path = folder.write("x.tar", archive(alphabet("top/"), "ustar", "none"));
  const Dataset data = load_dataset(path, no_split);
  REQUIRE(data.train.size() == 20);
  std::vector<bool> seen(20);
  for (std::size_t i = 0; i < 20; ++i) {
    const auto* const first = data.train.image(i).bytes(0);
    for (std::uint32_t k = 0; k < 20; ++k) {
      const Bytes expected = pixels(k);
      if (!std::equal(expected.begin(), expected.end(), first)) continue;
      seen[k] = true;
      CHECK(data.train.labels[i] == k / 2);
    }
  }
  CHECK(std::count(seen.begin(), seen.end(), true) == 20);
}

TEST_CASE("pictures that cannot be used are skipped and named", "[io][letters]") {
  const Folder folder;
  auto files = alphabet("top/");
  files.push_back({"top/D/cut.png", cut(letter(1), 200)});
  const Dataset data = load_dataset(folder.write("x.zip", archive(files, "zip", "none")), no_split);
  REQUIRE(data.skipped.size() == 6);
  CHECK(data.skipped[0] == "A/small.png: 28x28 (height x width) expected, 3x4 found");
  CHECK_THAT(data.skipped[1], ContainsSubstring("A/text.txt: a PNG picture expected, "));
  CHECK(data.skipped[2] == "B/large.png: at most 1048576 bytes expected, more found");
  CHECK(data.skipped[3] == "C/empty.png: a PNG picture expected, an empty file found");
  CHECK_THAT(data.skipped[4], ContainsSubstring("D/cut.png: a whole PNG picture expected, "));
  CHECK(data.skipped[5] == "top/preview.png: in no folder A to J");
}

TEST_CASE("a picture in a folder of another letter is an error", "[io][letters]") {
  const std::string letter_folder = GENERATE("K", "Z", "a", "0", "@");
  const std::string y = letter_folder + GENERATE("/y.png", "/Y.PNG");
  const Folder folder;
  const std::vector<File> files{{"top/A/x.png", letter(1)}, {"top/" + y, letter(2)}};
  const auto path = folder.write("x.tgz", archive(files));
  const std::string sentence =
      "folders A to J expected for the labels 0 to 9, " + y + " found; remove it";
  CHECK(error_of(path, no_split) == path.string() + ": " + sentence);
  unpack(folder, files);
  CHECK_THAT(error_of(folder.path(), no_split), ContainsSubstring(sentence));
}

TEST_CASE("a folder of another letter without pictures is no harm", "[io][letters]") {
  const Folder folder;
  folder.write("A/x.png", letter(1));
  folder.write("K/notes.txt", {'k'});
  CHECK(load_dataset(folder.path(), no_split).train.size() == 1);
}

TEST_CASE("no usable picture is an error", "[io][letters]") {
  const Folder folder;
  CHECK_THAT(error_of(folder.path()),
             ContainsSubstring(folder.path().string() + ": PNG pictures of 28x28 in folders A to J "
                                                        "expected, none found; give an archive"));
  const auto none = folder.write("none.tar", archive({{"notes/", {}}}, "ustar", "none"));
  CHECK_THAT(error_of(none), ContainsSubstring("none.tar: PNG pictures of 28x28 in folders A to J "
                                               "expected, none found"));
  folder.write("set/A/x.png", {});
  folder.write("set/B/y.png", letter(1));
  std::filesystem::resize_file(folder / "set/B/y.png", 50);
  CHECK_THAT(error_of(folder / "set"),
             ContainsSubstring("expected, none of 2 is usable (A/x.png: a PNG picture expected, "
                               "an empty file found)"));
}

TEST_CASE("a path that comes twice in an archive counts once, the later", "[io][letters]") {
  const Folder folder;
  const auto path = folder.write("x.tar", archive({{"A/x.png", letter(1)},
                                                   {"./A/x.png", letter(2)},
                                                   {"B/y.png", {}},
                                                   {"B/y.png", letter(3)}},
                                                  "ustar", "none"));
  const Dataset data = load_dataset(path, no_split);
  CHECK(data.skipped.empty());
  REQUIRE(data.train.size() == 2);
  const Bytes x = pixels(2), y = pixels(3);
  const std::size_t b = data.train.labels[0] == 1 ? 0 : 1;
  CHECK(std::equal(x.begin(), x.end(), data.train.image(1 - b).bytes(0)));
  CHECK(std::equal(y.begin(), y.end(), data.train.image(b).bytes(0)));
}

TEST_CASE("names may be of any letters, messages stay one line", "[io][letters]") {
  const Folder folder;
  const std::vector<File> files{{"Größe/A/ä字.png", letter(1)}, {"Größe/B/line\nbreak.png", {}}};
  for (const char* const format : {"pax", "zip", "ustar"}) {
    INFO(format);
    const auto path = folder.write("x", archive(files, format, "none"));
    const Dataset data = load_dataset(path, no_split);
    CHECK(data.train.size() == 1);
    REQUIRE(data.skipped.size() == 1);
    CHECK_THAT(data.skipped[0], ContainsSubstring("B/line?break.png: "));
  }
}

TEST_CASE("a name that cannot be read is an error, not a lost picture", "[io][letters]") {
  const Folder folder;
  Bytes zip = archive({{"A/x.png", letter(1)}, {"B/ä.png", letter(2)}}, "zip", "none");
  const Bytes good{0xC3, 0xA4}, bad{0xC3, 0x28};
  for (auto at = zip.begin(); at != zip.end();) {
    at = std::search(at, zip.end(), good.begin(), good.end());
    if (at != zip.end()) std::copy(bad.begin(), bad.end(), at);
  }
  CHECK_THAT(error_of(folder.write("x.zip", zip), no_split),
             ContainsSubstring("x.zip: names in UTF-8 expected, another one found in entry 2; pack "
                               "it again"));
}

TEST_CASE("links: to a picture is a picture, to nowhere is nothing", "[io][letters]") {
  const Folder folder;
  folder.write("set/A/x.png", letter(1));
  std::filesystem::create_symlink("x.png", folder / "set/A/y.png");
  std::filesystem::create_symlink("nowhere", folder / "set/A/z.png");
  std::filesystem::create_symlink("self.png", folder / "set/A/self.png");
  std::filesystem::create_directory_symlink("..", folder / "set/up");
  const Dataset data = load_dataset(folder / "set", no_split);
  CHECK(data.train.size() == 2);
  CHECK(data.skipped.empty());

  std::filesystem::create_directory_symlink("set", folder / "linked");
  CHECK(same(data, load_dataset(folder / "linked", no_split)));
}
