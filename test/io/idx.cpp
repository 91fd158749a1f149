#include <filesystem>
#include <numeric>

#include "allocations.hpp"
#include "catch.hpp"
#include "make.hpp"

using Catch::Matchers::ContainsSubstring;
using namespace etch;
using namespace etch::test;

namespace {

void write_pair(const Folder& folder, const std::string& name, std::uint32_t count,
                std::uint8_t tag, bool packed = false) {
  const auto write = [&](const std::string& file, const Bytes& bytes) {
    folder.write(packed ? file + ".gz" : file, packed ? gzip(bytes) : bytes);
  };
  write(name + "-images-idx3-ubyte", idx_images(count, tag));
  write(name + "-labels-idx1-ubyte", idx_labels(count));
}

/// The error of a set whose images and labels are these.
std::string error_of_pair(const Bytes& images, const Bytes& labels, bool packed = false) {
  const Folder folder;
  const std::string gz = packed ? ".gz" : "";
  folder.write("x-labels-idx1-ubyte" + gz, packed ? gzip(labels) : labels);
  return error_of(folder.write("x-images-idx3-ubyte" + gz, packed ? gzip(images) : images),
                  no_split);
}

bool all_have_tag(const Split& part, std::uint8_t tag) {
  for (std::size_t i = 0; i < part.size(); ++i) {
    if (part.image(i).bytes(0)[2] != tag) return false;
  }
  return true;
}

bool in_file_order(const Split& part) {
  for (std::size_t i = 0; i < part.size(); ++i) {
    if (part.image(i).bytes(0)[0] != i || part.labels[i] != i % 10) return false;
  }
  return true;
}

}  // namespace

TEST_CASE("an IDX folder with all three parts is taken as it is", "[io][idx]") {
  const bool packed = GENERATE(false, true);
  const Folder folder;
  write_pair(folder, "train", 30, 1, packed);
  write_pair(folder, "validation", 20, 2, packed);
  write_pair(folder, "test", 10, 3, packed);
  const Dataset data = load_dataset(folder.path());
  CHECK(data.height == 2);
  CHECK(data.width == 2);
  CHECK(data.train.size() == 30);
  CHECK(data.validation.size() == 20);
  CHECK(data.test.size() == 10);
  std::uint8_t tag = 1;
  for (const Split* part : {&data.train, &data.validation, &data.test}) {
    CHECK(part->values == 4);
    CHECK(all_have_tag(*part, tag++));
    CHECK(in_file_order(*part));
  }
}

TEST_CASE("MNIST's folder: validation is split off from train", "[io][idx]") {
  const Folder folder;
  write_pair(folder, "train", 30, 1, true);
  write_pair(folder, "t10k", 10, 3, false);
  const Dataset data = load_dataset(folder.path(), {.validation = 7});
  CHECK(data.train.size() == 23);
  CHECK(data.validation.size() == 7);
  CHECK(data.test.size() == 10);
  CHECK(all_have_tag(data.train, 1));
  CHECK(all_have_tag(data.validation, 1));
  CHECK(all_have_tag(data.test, 3));
  CHECK(in_file_order(data.test));
  CHECK_FALSE(in_file_order(data.train));
  CHECK_THAT(error_of(folder.path()), ContainsSubstring("more than 0 + 2000 pictures expected") &&
                                          ContainsSubstring("30 found"));
}

TEST_CASE("an IDX folder without a test part: it is split off from train", "[io][idx]") {
  const Folder folder;
  write_pair(folder, "train", 30, 1);
  write_pair(folder, "validation", 20, 2);
  const Dataset data = load_dataset(folder.path(), {.test = 6});
  CHECK(data.train.size() == 24);
  CHECK(data.validation.size() == 20);
  CHECK(data.test.size() == 6);
  CHECK(all_have_tag(data.test, 1));
  CHECK(all_have_tag(data.validation, 2));
}

TEST_CASE("an IDX folder with train alone, or a file, is one collection", "[io][idx]") {
  const Folder folder;
  write_pair(folder, "train", 30, 1, true);
  const SplitOptions options{.test = 5, .validation = 4};
  const Dataset data = load_dataset(folder.path(), options);
  CHECK(data.train.size() == 21);
  CHECK(data.validation.size() == 4);
  CHECK(data.test.size() == 5);
  CHECK(same(data, load_dataset(folder / "train-images-idx3-ubyte.gz", options)));

  const Folder mixed;  // only one of the two is packed
  mixed.write("train-images-idx3-ubyte", idx_images(30, 1));
  mixed.write("train-labels-idx1-ubyte.gz", gzip(idx_labels(30)));
  CHECK(same(data, load_dataset(mixed / "train-images-idx3-ubyte", options)));
}

TEST_CASE("the header gives height and width", "[io][idx]") {
  const Folder folder;
  Bytes data(3 * 5 * 7);
  std::iota(data.begin(), data.end(), std::uint8_t{0});
  folder.write("train-images-idx3-ubyte", idx(0x0803, {3, 5, 7}, data));
  folder.write("train-labels-idx1-ubyte", idx_labels(3));
  folder.write("validation-images-idx3-ubyte", idx(0x0803, {1, 5, 7}, Bytes(35)));
  folder.write("validation-labels-idx1-ubyte", idx_labels(1));
  folder.write("test-images-idx3-ubyte", idx(0x0803, {1, 5, 7}, Bytes(35)));
  folder.write("test-labels-idx1-ubyte", idx_labels(1));
  const Dataset set = load_dataset(folder.path());
  CHECK(set.height == 5);
  CHECK(set.width == 7);
  CHECK(set.train.pixels == data);

  folder.write("test-images-idx3-ubyte", idx(0x0803, {1, 7, 5}, Bytes(35)));
  CHECK_THAT(error_of(folder.path()),
             ContainsSubstring("test: pictures of 5x7 (height x width) expected as in train, 7x5 "
                               "found; give parts of one set"));
}

TEST_CASE("half a pair is an error", "[io][idx]") {
  const Folder folder;
  const auto labels = folder.write("train-labels-idx1-ubyte", idx_labels(3));
  CHECK(error_of(folder.path()) ==
        labels.string() +
            ": train-images-idx3-ubyte[.gz] expected beside it, no such file found; fetch it too");
  const auto images = folder.write("x-images-idx3-ubyte", idx_images(3));
  CHECK(error_of(images) ==
        images.string() +
            ": x-labels-idx1-ubyte[.gz] expected beside it, no such file found; fetch it too");
  folder.write("train-images-idx3-ubyte", idx_images(3));
  folder.write("t10k-images-idx3-ubyte", idx_images(3));
  CHECK_THAT(error_of(folder.path()), ContainsSubstring("t10k-labels-idx1-ubyte[.gz] expected"));
}

TEST_CASE("a wrong magic number is an error", "[io][idx]") {
  const bool packed = GENERATE(false, true);
  CHECK_THAT(error_of_pair(idx_labels(20), idx_labels(3), packed),
             ContainsSubstring("x-images-idx3-ubyte") &&
                 ContainsSubstring(": magic number 0x00000803 (pictures) expected at byte 0, "
                                   "0x00000801 found; give an IDX file of pictures"));
  CHECK_THAT(error_of_pair(idx_images(3), idx_images(3), packed),
             ContainsSubstring("x-labels-idx1-ubyte") &&
                 ContainsSubstring(": magic number 0x00000801 (labels) expected at byte 0, "
                                   "0x00000803 found; give an IDX file of labels"));
}

TEST_CASE("truncated IDX files are errors, wherever they end", "[io][idx]") {
  const bool packed = GENERATE(false, true);
  const Bytes images = idx_images(3), labels = idx_labels(3);
  for (std::size_t size = 0; size < images.size(); ++size) {
    CHECK_THAT(error_of_pair(cut(images, size), labels, packed),
               ContainsSubstring("x-images-idx3-ubyte") &&
                   ContainsSubstring("the file ends at byte " + std::to_string(size)));
  }
  for (std::size_t size = 0; size < labels.size(); ++size) {
    CHECK_THAT(error_of_pair(images, cut(labels, size), packed),
               ContainsSubstring("x-labels-idx1-ubyte") &&
                   ContainsSubstring("the file ends at byte " + std::to_string(size)));
  }
  CHECK_THAT(error_of_pair(cut(images, 20), labels, packed),
             ContainsSubstring(": 28 bytes expected (3 pictures of 2x2), the file ends at byte 20; "
                               "fetch it again"));
  CHECK_THAT(
      error_of_pair(cut(images, 6), labels, packed),
      ContainsSubstring(
          ": the number of pictures expected at byte 4, the file ends at byte 6; fetch it again"));
}

TEST_CASE("overlong IDX files are errors", "[io][idx]") {
  const bool packed = GENERATE(false, true);
  Bytes images = idx_images(3), labels = idx_labels(3);
  images.push_back(0);
  CHECK_THAT(
      error_of_pair(images, labels, packed),
      ContainsSubstring("x-images-idx3-ubyte") &&
          ContainsSubstring(": 28 bytes expected (3 pictures of 2x2), more found; fetch it again"));
  images.pop_back();
  labels.push_back(0);
  CHECK_THAT(error_of_pair(images, labels, packed),
             ContainsSubstring("x-labels-idx1-ubyte") &&
                 ContainsSubstring(": 11 bytes expected (3 labels), more found; fetch it again"));
}

TEST_CASE("a gzipped IDX file cut off or changed is an error", "[io][idx]") {
  const Folder folder;
  const Bytes good = gzip(idx_images(500));
  folder.write("x-labels-idx1-ubyte", idx_labels(500));
  const auto path = folder.write("x-images-idx3-ubyte.gz", good);
  CHECK(error_of(path, no_split) == "");
  for (std::size_t size = 2; size < good.size(); ++size) {
    folder.write("x-images-idx3-ubyte.gz", cut(good, size));
    INFO(size);
    CHECK_THAT(error_of(path, no_split),
               ContainsSubstring("ubyte.gz: ") && ContainsSubstring("expected, "));
  }
  folder.write("x-images-idx3-ubyte.gz", cut(good, good.size() / 2));
  CHECK_THAT(error_of(path, no_split),
             ContainsSubstring("ubyte.gz: a complete file expected, damaged after byte ") &&
                 ContainsSubstring(" of its content (unexpected end of file); fetch it again"));
  Bytes bad = good;
  bad[bad.size() - 6] ^= 1;  // the check sum
  folder.write("a: b/x-labels-idx1-ubyte", idx_labels(500));
  CHECK_THAT(error_of(folder.write("a: b/x-images-idx3-ubyte.gz", bad), no_split),
             ContainsSubstring(" of its content (incorrect data check); fetch it again"));
}

TEST_CASE("counts of pictures and labels must agree", "[io][idx]") {
  CHECK_THAT(error_of_pair(idx_images(3), idx_labels(4)),
             ContainsSubstring("x-labels-idx1-ubyte: 3 labels expected, one for each picture in "
                               "x-images-idx3-ubyte, 4 found; give the labels of the same set"));
}

TEST_CASE("a label above 9 is an error", "[io][idx]") {
  for (const std::uint8_t wrong : Bytes{10, 255}) {
    CHECK_THAT(error_of_pair(idx_images(3), idx(0x0801, {3}, {9, 0, wrong})),
               ContainsSubstring(
                   "x-labels-idx1-ubyte: labels 0 to 9 expected, " + std::to_string(wrong) +
                   " found at byte 10 (label 2, counted from 0); give a set of ten classes"));
  }
}

TEST_CASE("a header that lies does not make the reader allocate what it claims", "[io][idx]") {
  const bool packed = GENERATE(false, true);
  const Bytes little(1'000), labels = idx_labels(3);
  constexpr std::uint32_t many = 1u << 31, most = ~0u;
  largest_request();
  const auto error = [&](const std::vector<std::uint32_t>& sizes) {
    return error_of_pair(idx(0x0803, sizes, little), labels, packed);
  };
  CHECK_THAT(error({many, 28, 28}),
             ContainsSubstring("at most 2147483648 bytes of pixels expected, "
                               "2147483648 pictures of 28x28 found; give fewer pictures"));
  CHECK_THAT(error({2'000'000, 28, 28}),
             ContainsSubstring("1568000016 bytes expected (2000000 pictures of 28x28), the file "
                               "ends at byte 1016"));
  CHECK_THAT(error({most, most, most}),
             ContainsSubstring("one picture or more of 1x1 to 1024x1024 expected, 4294967295 "
                               "pictures of 4294967295x4294967295 found in the header; fetch it "
                               "again, or give another set"));
  CHECK_THAT(error({1, 1'025, 1}), ContainsSubstring("1 pictures of 1025x1 found"));
  CHECK_THAT(error({1, 0, 28}), ContainsSubstring("1 pictures of 0x28 found"));
  CHECK_THAT(error({0, 28, 28}), ContainsSubstring("0 pictures of 28x28 found"));
  CHECK(largest_request() < 2 << 20);
}

TEST_CASE("a folder in the place of an IDX file is an error", "[io][idx]") {
  const Folder folder;
  folder.write("x-labels-idx1-ubyte/file", {1});
  const auto images = folder.write("x-images-idx3-ubyte", idx_images(3));
  CHECK(error_of(images) ==
        (folder / "x-labels-idx1-ubyte").string() +
            ": a file expected, a folder or device found; put the IDX file in its place");
  folder.write("y-images-idx3-ubyte/file", {1});
  CHECK_THAT(error_of(folder / "y-images-idx3-ubyte"),
             ContainsSubstring("PNG pictures of 28x28 in folders A to J expected, none found"));
}
