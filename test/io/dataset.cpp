#include "etch/io/dataset.hpp"

#include <algorithm>
#include <set>

#include "catch.hpp"
#include "make.hpp"

using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::StartsWith;
using namespace etch;
using namespace etch::test;

namespace {

/// The numbers that the pictures of `idx_images` tell.
std::vector<std::size_t> numbers(const Split& part) {
  std::vector<std::size_t> all;
  for (std::size_t i = 0; i < part.size(); ++i) {
    all.push_back(part.image(i).bytes(0)[0] + std::size_t{256} * part.image(i).bytes(0)[1]);
  }
  return all;
}

/// One collection of `count` pictures.
std::filesystem::path collection(const Folder& folder, std::uint32_t count) {
  folder.write("x-labels-idx1-ubyte", idx_labels(count));
  return folder.write("x-images-idx3-ubyte", idx_images(count));
}

Split counting(std::size_t count) {
  Split part{{}, {}, 1};
  for (std::size_t i = 0; i < count; ++i) {
    part.pixels.push_back(static_cast<std::uint8_t>(i));
    part.labels.push_back(static_cast<std::uint8_t>(i % 10));
  }
  return part;
}

}  // namespace

TEST_CASE("a collection is shuffled and cut into parts that share nothing", "[io][dataset]") {
  const Folder folder;
  const Dataset data = load_dataset(collection(folder, 6'000));
  CHECK(data.height == 2);
  CHECK(data.width == 2);
  CHECK(data.test.size() == 3'000);
  CHECK(data.validation.size() == 2'000);
  CHECK(data.train.size() == 1'000);

  std::vector<std::size_t> all;
  for (const Split* part : {&data.test, &data.validation, &data.train}) {
    const auto those = numbers(*part);
    CHECK_FALSE(std::is_sorted(those.begin(), those.end()));
    for (std::size_t i = 0; i < part->size(); ++i) CHECK(part->labels[i] == those[i] % 10);
    all.insert(all.end(), those.begin(), those.end());
  }
  CHECK(std::set(all.begin(), all.end()).size() == 6'000);
}

TEST_CASE("the split depends on its seed alone", "[io][dataset]") {
  const Folder folder;
  const auto path = collection(folder, 300);
  const SplitOptions options{.test = 40, .validation = 30, .seed = 5};
  const Dataset once = load_dataset(path, options);
  CHECK(same(once, load_dataset(path, options)));
  CHECK(numbers(once.test) !=
        numbers(load_dataset(path, {.test = 40, .validation = 30, .seed = 6}).test));

  // A longer validation part takes from train; the test part stays.
  const Dataset other = load_dataset(path, {.test = 40, .validation = 50, .seed = 5});
  CHECK(numbers(once.test) == numbers(other.test));
  CHECK(other.validation.size() == 50);
  CHECK(other.train.size() == 210);
}

TEST_CASE("the default split is the same on every machine", "[io][dataset]") {
  const Folder folder;
  const Dataset data = load_dataset(collection(folder, 5'004));
  CHECK(numbers(data.train) == std::vector<std::size_t>{420, 4137, 4231, 4261});
}

TEST_CASE("a collection smaller than the parts asked for is an error", "[io][dataset]") {
  const Folder folder;
  const auto path = collection(folder, 100);
  CHECK_THAT(error_of(path), ContainsSubstring(path.string()) &&
                                 ContainsSubstring("more than 3000 + 2000 pictures expected") &&
                                 ContainsSubstring("100 found; ask for smaller parts"));
  CHECK_THAT(error_of(path, {.test = 60, .validation = 40}), ContainsSubstring("100 found"));
  CHECK(error_of(path, {.test = 60, .validation = 39}) == "");
  CHECK_THAT(error_of(path, {.test = 100, .validation = 0}), ContainsSubstring("100 found"));
  constexpr auto huge = ~std::size_t{0};
  CHECK_THAT(error_of(path, {.test = huge, .validation = 1}), ContainsSubstring("100 found"));
  CHECK_THAT(error_of(path, {.test = 1, .validation = huge}), ContainsSubstring("100 found"));
}

TEST_CASE("parts may be empty", "[io][dataset]") {
  const Folder folder;
  const Dataset data = load_dataset(collection(folder, 20), no_split);
  CHECK(data.train.size() == 20);
  CHECK(data.test.size() == 0);
  CHECK(data.test.pictures().count() == 0);
  CHECK(data.test.minibatch(3, 8).labels.empty());
  CHECK(Split{}.pictures().count() == 0);
  CHECK(Split{}.minibatch(0, 8).pictures.count() == 0);
}

TEST_CASE("a minibatch starts where the course starts it", "[io][dataset]") {
  const Split part = counting(100);
  const std::vector<std::size_t> firsts{0, 16, 32, 48, 64, 80, 96 % 84, 112 % 84};
  for (std::size_t step = 0; step < firsts.size(); ++step) {
    const Minibatch batch = part.minibatch(step, 16);
    REQUIRE(batch.pictures.count() == 16);
    REQUIRE(batch.labels.size() == 16);
    for (std::size_t i = 0; i < 16; ++i) {
      CHECK(*batch.pictures.bytes(i) == firsts[step] + i);
      CHECK(batch.labels[i] == (firsts[step] + i) % 10);
    }
  }
}

TEST_CASE("a minibatch as large as the part or larger is the whole part", "[io][dataset]") {
  const Split part = counting(10);
  for (const std::size_t size : {10u, 11u, 1'000u}) {
    CHECK(part.minibatch(7, size).pictures.count() == 10);
    CHECK(part.minibatch(7, size).labels.size() == 10);
    CHECK(part.minibatch(7, size).pictures.bytes(0) == part.pixels.data());
  }
  CHECK(part.minibatch(7, 9).pictures.count() == 9);
  CHECK(part.minibatch(7, 9).pictures.bytes(0) == part.pixels.data());
}

TEST_CASE("one picture of a part", "[io][dataset]") {
  const Folder folder;
  const Dataset data = load_dataset(collection(folder, 20), no_split);
  const Pictures third = data.train.image(3);
  CHECK(third.count() == 1);
  CHECK(third.values() == 4);
  CHECK(third.bytes(0) == data.train.pixels.data() + 12);
}

TEST_CASE("a path that is no data set is an error that says what is", "[io][dataset]") {
  const Folder folder;
  CHECK_THAT(error_of(folder / "nothing"),
             ContainsSubstring((folder / "nothing: ").string()) &&
                 ContainsSubstring("a data set expected, No such file or directory; give an "
                                   "archive (.tar.gz, .zip) or a folder with PNG pictures"));
  CHECK_THAT(error_of("/dev/null"), ContainsSubstring("/dev/null: a data set expected, neither a "
                                                      "file nor a folder found"));
  const auto file = folder.write("file", {1, 2, 3});
  CHECK_THAT(error_of(file / "below"), ContainsSubstring("Not a directory"));
  CHECK_THAT(error_of(""),
             StartsWith("data set: a path expected, an empty one found; give an archive"));
  CHECK_THAT(error_of("no\nline"), StartsWith("no?line: a data set expected, "));
}
