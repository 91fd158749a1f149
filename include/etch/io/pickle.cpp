#include "etch/io/pickle.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <fstream>
#include <memory>
#include <utility>

#include "etch/io/collection.hpp"
#include "etch/io/fail.hpp"
#include "etch/io/mapping.hpp"
#include "etch/io/pickle_machine.hpp"
#include "etch/io/pickle_numpy.hpp"

namespace etch::detail {
namespace {

namespace fs = std::filesystem;

/// A pickle at work: the file, and the dictionary in it.
struct Course {
  fs::path path;
  std::shared_ptr<const Mapping> mapping;
  PickleMachine machine;
  const PickleDictionary* dictionary;

  [[noreturn]] void fail(const std::string& what) const { refuse(path, what, make_pickle); }

  const NumpyArray& array(const std::string& key) {
    const auto& items = dictionary->items;
    const auto item = std::find_if(items.rbegin(), items.rend(),
                                   [&](const auto& each) { return each.first == key; });
    if (item == items.rend()) fail(fmt::format("the key {} expected, none found", key));
    const auto* const found = machine.heap().find<NumpyArray>(item->second);
    if (found == nullptr) fail(fmt::format("an array expected for {}, another value found", key));
    return *found;
  }
};

Course open(const fs::path& path) {
  auto mapping = std::make_shared<const Mapping>(path);
  Course course{path, mapping, PickleMachine(path, mapping->bytes()), nullptr};
  course.dictionary = course.machine.heap().find<PickleDictionary>(course.machine.run());
  if (course.dictionary == nullptr) course.fail("a dictionary expected, another value found");
  return course;
}

/// As Python prints it.
std::string shape_text(const std::vector<std::uint64_t>& shape) {
  std::string text;
  for (const std::uint64_t axis : shape) text += (text.empty() ? "" : ", ") + std::to_string(axis);
  return "(" + text + (shape.size() == 1 ? ",)" : ")");
}

/// The array's elements, as many as its shape says.
NumpyElements read(const Course& course, const std::string& key, const NumpyArray& array,
                   std::size_t element) {
  if (auto all = elements(array, element)) return *all;
  course.fail(
      fmt::format("{} as bytes of {} each for the shape {} expected, {} bytes in the file found",
                  key, element, shape_text(array.shape), array.data.raw.size()));
}

const NumpyArray& pictures(Course& course, const std::string& key) {
  const NumpyArray& array = course.array(key);
  const auto& shape = array.shape;
  if (shape.size() != 3 || shape[0] == 0 || std::min(shape[1], shape[2]) == 0 ||
      std::max(shape[1], shape[2]) > largest_side) {
    course.fail(fmt::format("{} of shape (count, height, width) expected, {} found", key,
                            shape_text(shape)));
  }
  if (const auto type = type_name(array.type); type != "float32") {
    course.fail(fmt::format("{} of float32 expected, {} found", key, type));
  }
  return array;
}

StoredFloats floats(const Course& course, const std::string& key, const NumpyArray& array) {
  const NumpyElements all = read(course, key, array, sizeof(float));
  if (all.owner != nullptr) return {std::as_bytes(all.bytes), all.owner};
  return {std::as_bytes(all.bytes), course.mapping};
}

template <class Number>
std::vector<std::uint8_t> labels(const Course& course, const std::string& key,
                                 const NumpyArray& array) {
  const NumpyElements all = read(course, key, array, sizeof(Number));
  std::vector<std::uint8_t> labels(all.bytes.size() / sizeof(Number));
  for (std::size_t i = 0; i < labels.size(); ++i) {
    Number number;
    std::memcpy(&number, all.bytes.data() + i * sizeof number, sizeof number);
    if (number < 0 || number >= classes) {
      course.fail(fmt::format("labels 0 to 9 expected in {}, {} found at index {}", key,
                              std::int64_t{number}, i));
    }
    labels[i] = static_cast<std::uint8_t>(number);
  }
  return labels;
}

/// One label for each of `count` pictures.
std::vector<std::uint8_t> labels(Course& course, const std::string& key, std::uint64_t count) {
  const NumpyArray& array = course.array(key);
  if (array.shape != std::vector{count}) {
    course.fail(fmt::format("{} of shape ({},) expected, one for each picture, {} found", key,
                            count, shape_text(array.shape)));
  }
  const std::string type = type_name(array.type);
  if (type == "int32") return labels<std::int32_t>(course, key, array);
  if (type == "int64") return labels<std::int64_t>(course, key, array);
  if (type == "uint8") return labels<std::uint8_t>(course, key, array);
  course.fail(fmt::format("{} of int32, int64 or uint8 expected, {} found", key, type));
}

Split part(Course& course, const std::string& name, const Dataset& data) {
  const std::string key = name + "_dataset";
  const NumpyArray& array = pictures(course, key);
  if (array.shape[1] != data.height || array.shape[2] != data.width) {
    course.fail(
        fmt::format("{} of {}x{} (height x width) expected as in train_dataset, {}x{} found", key,
                    data.height, data.width, array.shape[1], array.shape[2]));
  }
  Split split;
  split.labels = labels(course, name + "_labels", array.shape[0]);
  split.floats = floats(course, key, array);
  split.values = data.height * data.width;
  return split;
}

}  // namespace

bool is_pickle(const fs::path& file) {
  if (file.extension() == ".pickle" || file.extension() == ".pkl") return true;
  std::array<char, 2> begin{};
  std::ifstream(file, std::ios::binary).read(begin.data(), begin.size());
  return begin[0] == '\x80' && begin[1] >= 2 && begin[1] <= 5;
}

Dataset read_pickle(const fs::path& file) {
  Course course = open(file);
  const NumpyArray& first = pictures(course, "train_dataset");
  Dataset data;
  data.height = static_cast<std::size_t>(first.shape[1]);
  data.width = static_cast<std::size_t>(first.shape[2]);
  data.train = part(course, "train", data);
  data.validation = part(course, "valid", data);
  data.test = part(course, "test", data);
  return data;
}

}  // namespace etch::detail
