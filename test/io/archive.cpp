#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "allocations.hpp"
#include "catch.hpp"
#include "make.hpp"

using Catch::Matchers::ContainsSubstring;
using namespace etch;
using namespace etch::test;

namespace {

std::vector<File> some_letters(std::uint32_t each = 1) {
  std::vector<File> files;
  for (std::uint32_t i = 0; i < 8 * each; ++i) {
    const std::string name{static_cast<char>('A' + i / each)};
    const std::string number = each == 1 ? "" : std::to_string(i);
    files.push_back({"top/" + name + "/" + name + number + ".png", letter(i)});
  }
  return files;
}

constexpr std::size_t block = 512;

/// The bytes of a file in a tar archive: its header, its data in whole blocks.
std::size_t in_tar(const File& file) {
  return block + (file.bytes.size() + block - 1) / block * block;
}

}  // namespace

TEST_CASE("a gzipped archive cut off anywhere is an error", "[io][archive]") {
  const Folder folder;
  const Bytes whole = archive(some_letters());
  for (std::size_t size = 0; size < whole.size(); size += size + 30 < whole.size() ? 29 : 1) {
    const auto path = folder.write("cut.tar.gz", cut(whole, size));
    INFO(size << " of " << whole.size());
    CHECK_THAT(error_of(path, no_split), ContainsSubstring("cut.tar.gz: ") &&
                                             ContainsSubstring("archive") &&
                                             ContainsSubstring("expected, "));
  }
  const Bytes large = archive(some_letters(50));
  const auto path = folder.write("cut.tar.gz", cut(large, large.size() / 2));
  CHECK_THAT(
      error_of(path, no_split),
      ContainsSubstring("a complete archive expected, damaged after entry ") &&
          ContainsSubstring("(top/") && ContainsSubstring("near byte ") &&
          ContainsSubstring(" of " + std::to_string(large.size() / 2) + ": truncated gzip") &&
          ContainsSubstring("; fetch it again"));
}

TEST_CASE("a tar archive cut off anywhere is an error", "[io][archive]") {
  const Folder folder;
  const auto files = some_letters();
  const Bytes whole = archive(files, "ustar", "none");
  const std::size_t first = in_tar(files[0]);
  const std::size_t all = 8 * first;
  REQUIRE(std::all_of(files.begin(), files.end(),
                      [&](const File& file) { return in_tar(file) == first; }));
  for (std::size_t size = 0; size <= all; size += 128) {
    INFO(size);
    CHECK(error_of(folder.write("cut.tar", cut(whole, size)), no_split) != "");
  }

  const auto after = [&](std::size_t size) {
    return error_of(folder.write("cut.tar", cut(whole, size)), no_split);
  };
  const std::string start = "cut.tar: a complete archive expected, damaged after entry ";
  CHECK_THAT(after(3 * first + 700), ContainsSubstring(start + "4 (top/D/D.png), near byte "));
  CHECK_THAT(after(3 * first + 100), ContainsSubstring(start + "3 (top/C/C.png), near byte "));
  CHECK_THAT(after(3 * first), ContainsSubstring(start + "3 (top/C/C.png), near byte ") &&
                                   ContainsSubstring("no end mark"));
  CHECK_THAT(after(all), ContainsSubstring(start + "8 (top/H/H.png)"));
  CHECK(after(all + block) == "");  // one block of zeros is an end, as for GNU tar
}

TEST_CASE("damage in the middle of a tar archive is an error", "[io][archive]") {
  const Folder folder;
  const auto files = some_letters();
  Bytes bad = archive(files, "ustar", "none");
  bad[2 * in_tar(files[0]) + 10] ^= 1;  // in the third name: the header's sum is wrong
  CHECK_THAT(error_of(folder.write("bad.tar", bad), no_split),
             ContainsSubstring("bad.tar: a complete archive expected, damaged after entry 2 "
                               "(top/B/B.png), near byte "));
}

TEST_CASE("damage in a gzipped archive is never taken for data", "[io][archive]") {
  const Folder folder;
  const Bytes good = archive(some_letters());
  const Dataset expected = load_dataset(folder.write("good.tgz", good), no_split);
  for (std::size_t i = 0; i < good.size(); i += 23) {
    Bytes bad = good;
    bad[i] ^= 0x10;
    const auto path = folder.write("bad.tgz", bad);
    if (!error_of(path, no_split).empty()) continue;
    const Dataset data = load_dataset(path, no_split);
    INFO(i);
    CHECK((data.skipped.size() == 1 || same(data, expected)));
  }
}

TEST_CASE("a damaged zip archive is an error or names its picture", "[io][archive]") {
  const Folder folder;
  const auto files = some_letters();
  const Bytes good = archive(files, "zip", "none");
  for (std::size_t size = 0; size < good.size() * 9 / 10; size += 61) {
    INFO(size);
    CHECK_THAT(error_of(folder.write("cut.zip", cut(good, size)), no_split),
               ContainsSubstring("cut.zip: "));
  }
  Bytes bad = good;
  const auto second =
      std::search(bad.begin(), bad.end(), files[1].path.begin(), files[1].path.end());
  second[100] ^= 1;
  const auto path = folder.write("bad.zip", bad);
  const Dataset data = load_dataset(path, no_split);
  CHECK(data.train.size() == 7);
  REQUIRE(data.skipped.size() == 1);
  CHECK_THAT(data.skipped[0], ContainsSubstring("B/B.png: ZIP bad CRC"));
}

TEST_CASE("a large file in an archive is passed over, not held", "[io][archive]") {
  const Folder folder;
  // A gigabyte of zeros by its tar header, and a hole of that size in the file on disk.
  Bytes huge = archive({{"A/huge.png", {}}}, "ustar", "none");
  huge.resize(block);
  const std::string size = "10000000000";  // octal
  std::copy(size.begin(), size.end(), huge.begin() + 124);
  std::fill_n(huge.begin() + 148, 8, ' ');
  unsigned sum = 0;
  for (std::size_t i = 0; i < block; ++i) sum += huge[i];
  for (std::size_t i = 0; i < 6; ++i) {
    huge[148 + i] = static_cast<std::uint8_t>('0' + (sum >> (15 - 3 * i) & 7));
  }
  huge[154] = 0;
  const auto path = folder.write("huge.tar", huge);
  std::filesystem::resize_file(path, block + (std::uintmax_t{1} << 30));
  const Bytes others = archive(some_letters(), "ustar", "none");
  std::ofstream(path, std::ios::binary | std::ios::app)
      .write(reinterpret_cast<const char*>(others.data()),
             static_cast<std::streamsize>(others.size()));
  largest_request();
  const Dataset data = load_dataset(path, no_split);
  CHECK(largest_request() < 2 << 20);
  CHECK(data.train.size() == 8);
  CHECK(data.skipped ==
        std::vector<std::string>{"A/huge.png: at most 1048576 bytes expected, more found"});
}

TEST_CASE("names in an archive take no more memory than paths may", "[io][archive]") {
  const Folder folder;
  const auto with = [&](const std::string& path) {
    const Bytes bytes = archive({{"A/x.png", letter(1)}, {path, letter(2)}}, "pax");
    return error_of(folder.write("long.tar.gz", bytes), no_split);
  };
  CHECK(with("B/" + std::string(4'094, 'y')) == "");
  CHECK_THAT(with("B/" + std::string(4'095, 'y')),
             ContainsSubstring("long.tar.gz: names of at most 4096 bytes expected, a longer one "
                               "found in entry 2; pack it again"));
}

TEST_CASE("a file that is no archive is an error that says so", "[io][archive]") {
  const Folder folder;
  const std::string text = "just a text\n";
  const Bytes bytes(text.begin(), text.end());
  for (const Bytes& content : {Bytes{}, bytes, gzip(bytes), letter(1), Bytes(10'000, 0xEE)}) {
    CHECK_THAT(error_of(folder.write("file.tar.gz", content)),
               ContainsSubstring("file.tar.gz: an archive or a file *-images-idx3-ubyte[.gz] "
                                 "expected, neither found (") &&
                   ContainsSubstring("); give an archive (.tar.gz, .zip) or a folder"));
  }
}

TEST_CASE("an archive cannot name files outside of it", "[io][archive]") {
  const Folder folder;
  folder.write("outside.png", letter(1));
  const std::string list =
      "#mtree\n./A type=dir\n./A/x.png type=file content=" + (folder / "outside.png").string() +
      "\n";
  const auto path = folder.write("list.mtree", Bytes(list.begin(), list.end()));
  CHECK_THAT(error_of(path, no_split), ContainsSubstring("neither found ("));
}

TEST_CASE("what may not be read is named", "[io][archive]") {
  if (geteuid() == 0) {
    WARN("skipped: root may read everything");
    return;
  }
  namespace fs = std::filesystem;
  const Folder folder;
  const auto locked = folder.write("x.tar", archive(some_letters(), "ustar", "none"));
  fs::permissions(locked, fs::perms::none);
  CHECK(error_of(locked) ==
        locked.string() +
            ": a file that can be read expected, Permission denied; check its permissions");

  folder.write("set/A/x.png", letter(1));
  fs::permissions(folder.write("set/A/y.png", letter(2)), fs::perms::none);
  CHECK(load_dataset(folder / "set", no_split).skipped ==
        std::vector<std::string>{"A/y.png: cannot be opened, Permission denied"});

  folder.write("set/B/z.png", letter(3));
  fs::permissions(folder / "set/B", fs::perms::none);
  CHECK(error_of(folder / "set", no_split) ==
        (folder / "set/B").string() +
            ": a folder that can be read expected, Permission denied; check its permissions");
  fs::permissions(folder / "set/B", fs::perms::owner_all);

  folder.write("idx/x-labels-idx1-ubyte", idx_labels(3));
  const auto images = folder.write("idx/x-images-idx3-ubyte", idx_images(3));
  fs::permissions(images, fs::perms::none);
  CHECK(error_of(images) ==
        images.string() +
            ": a file that can be read expected, Permission denied; check its permissions");
  fs::permissions(folder / "idx", fs::perms::none);
  CHECK_THAT(
      error_of(folder / "idx"),
      ContainsSubstring("idx") &&
          ContainsSubstring(
              "a data set that can be read expected, Permission denied; check its permissions"));
  fs::permissions(folder / "idx", fs::perms::owner_all);
}
