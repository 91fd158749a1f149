#include "etch/io/pickle_numpy.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <utility>

#include "etch/io/pickle_text.hpp"

namespace etch::detail {
namespace {

using Arguments = std::span<const PickleValue>;

constexpr char native = '<';           // little-endian, as safetensors.cpp asserts
constexpr std::size_t most_axes = 32;  // numpy's own limit, for long

bool is(const PickleString& text, std::string_view wanted) {
  return std::ranges::equal(
      text.raw, wanted, [](std::uint8_t a, char b) { return a == static_cast<std::uint8_t>(b); });
}

/// The arguments and states of numpy's functions, read one after another.
class Reader {
 public:
  Reader(const PickleFile& file, PickleHeap& heap, const char* of, const PickleValue& tuple)
      : file_(file), heap_(heap), of_(of) {
    const auto* const found = heap.find<PickleTuple>(tuple);
    if (found == nullptr) fail();
    items_ = found->items;
  }

  template <class T>
  T next() {
    if (items_.empty()) fail();
    const auto* const value = std::get_if<T>(&items_.front());
    if (value == nullptr) fail();
    items_ = items_.subspan(1);
    return *value;
  }

  template <class T>
  T& next_object() {
    return heap_[next<PickleRef<T>>()];
  }

  std::vector<std::uint64_t> shape() {
    std::vector<std::uint64_t> axes;
    for (const PickleValue& item : next_object<PickleTuple>().items) {
      const auto* const axis = std::get_if<std::int64_t>(&item);
      if (axis == nullptr || *axis < 0 || axes.size() == most_axes) fail();
      axes.push_back(static_cast<std::uint64_t>(*axis));
    }
    return axes;
  }

  std::size_t left() const { return items_.size(); }

  [[noreturn]] void fail() const {
    file_.fail(fmt::format("what numpy writes for {}", of_), "something else");
  }

 private:
  const PickleFile& file_;
  PickleHeap& heap_;
  const char* of_;
  Arguments items_;
};

NumpyArray reconstruct(Reader given) {
  const auto type = given.next<PickleGlobal>();
  const auto shape = given.shape();
  if (type != PickleGlobal::ndarray || shape != std::vector<std::uint64_t>{0}) given.fail();
  return {.type = {"b", '|'}, .shape = shape, .data = {}};
}

NumpyArray from_buffer(Reader given) {
  NumpyArray array;
  array.data = given.next<PickleString>();
  array.type = given.next_object<NumpyType>();
  array.shape = given.shape();
  const auto order = given.next<PickleString>();
  array.fortran = is(order, "F");
  if ((!array.fortran && !is(order, "C")) || given.left() > 0) given.fail();
  return array;
}

NumpyType dtype(Reader given) {
  const auto code = given.next<PickleString>();
  constexpr std::size_t longest = 16;
  if (code.raw.size() > longest) given.fail();
  return {quotable(code.raw), native};
}

PickleString encode(Reader given) {
  PickleString text = given.next<PickleString>();
  const auto coding = given.next<PickleString>();
  const bool latin1 = is(coding, "latin1") || is(coding, "latin-1");
  if (text.form != PickleString::Form::text || !latin1 || given.left() > 0) given.fail();
  text.form = PickleString::Form::latin1;
  return text;
}

void build_array(Reader given, NumpyArray& array) {
  if (given.next<std::int64_t>() != 1) given.fail();  // of the format
  NumpyArray built;
  built.shape = given.shape();
  built.type = given.next_object<NumpyType>();
  built.fortran = given.next<std::int64_t>() != 0;
  built.data = given.next<PickleString>();
  if (given.left() > 0) given.fail();
  array = std::move(built);
}

void build_type(Reader given, NumpyType& type) {
  const auto version = given.next<std::int64_t>();
  const auto order = given.next<PickleString>();
  if (version < 3 || version > 4 || order.raw.size() != 1) given.fail();
  for (int i = 0; i < 3; ++i) given.next<PickleNone>();  // no array, no names, no fields in it
  type.order = quotable(order.raw).front();
}

/// The product of the shape's axes and of `element`, if it is at most `most`.
std::optional<std::size_t> size_of(const NumpyArray& array, std::size_t element, std::size_t most) {
  std::uint64_t size = element;
  if (std::ranges::count(array.shape, 0u) > 0) return 0;
  for (const std::uint64_t axis : array.shape) {
    if (axis > most / size) return std::nullopt;
    size *= axis;
  }
  return static_cast<std::size_t>(size);
}

/// From Fortran's order to C's, [count][height][width]. Some pictures at a time, so that both sides
/// stay in the cache.
std::vector<std::uint8_t> transpose(std::span<const std::uint8_t> from,
                                    const std::vector<std::uint64_t>& shape, std::size_t element) {
  constexpr std::size_t block = 16;
  const std::size_t count = shape[0], height = shape[1], width = shape[2];
  std::vector<std::uint8_t> to(from.size());
  for (std::size_t first = 0; first < count; first += block) {
    const std::size_t end = std::min(first + block, count);
    for (std::size_t x = 0; x < width; ++x) {
      for (std::size_t y = 0; y < height; ++y) {
        for (std::size_t i = first; i < end; ++i) {
          std::copy_n(
              from.begin() + static_cast<std::ptrdiff_t>(((x * height + y) * count + i) * element),
              element,
              to.begin() + static_cast<std::ptrdiff_t>(((i * height + y) * width + x) * element));
        }
      }
    }
  }
  return to;
}

}  // namespace

PickleGlobal find_global(const PickleFile& file, std::span<const std::uint8_t> module,
                         std::span<const std::uint8_t> name) {
  static constexpr std::pair<std::string_view, PickleGlobal> known[] = {
      {"numpy.core.multiarray._reconstruct", PickleGlobal::reconstruct},
      {"numpy._core.multiarray._reconstruct", PickleGlobal::reconstruct},
      {"numpy.core.numeric._frombuffer", PickleGlobal::from_buffer},
      {"numpy._core.numeric._frombuffer", PickleGlobal::from_buffer},
      {"numpy.ndarray", PickleGlobal::ndarray},
      {"numpy.dtype", PickleGlobal::dtype},
      {"_codecs.encode", PickleGlobal::encode},
  };
  const std::string whole = quotable(module) + "." + quotable(name);
  for (const auto& [known_name, global] : known) {
    if (whole == known_name) return global;
  }
  file.fail("a dictionary of numpy arrays and no more", "global " + whole);
}

PickleValue call(const PickleFile& file, PickleHeap& heap, const PickleValue& function,
                 const PickleValue& arguments) {
  const auto reader = [&](const char* of) { return Reader(file, heap, of, arguments); };
  if (const auto* const global = std::get_if<PickleGlobal>(&function)) {
    switch (*global) {
      case PickleGlobal::reconstruct:
        return heap.add(reconstruct(reader("an array")));
      case PickleGlobal::from_buffer:
        return heap.add(from_buffer(reader("an array")));
      case PickleGlobal::dtype:
        return heap.add(dtype(reader("a dtype")));
      case PickleGlobal::encode:
        return encode(reader("bytes"));
      case PickleGlobal::ndarray:
        break;
    }
  }
  file.fail("a function of numpy's to call", "another value");
}

void build(const PickleFile& file, PickleHeap& heap, const PickleValue& object,
           const PickleValue& state) {
  if (auto* const array = heap.find<NumpyArray>(object)) {
    build_array(Reader(file, heap, "an array", state), *array);
  } else if (auto* const type = heap.find<NumpyType>(object)) {
    build_type(Reader(file, heap, "a dtype", state), *type);
  } else {
    file.fail("an array or a dtype to set the state of", "another value");
  }
}

std::string type_name(const NumpyType& type) {
  static constexpr std::pair<std::string_view, const char*> known[] = {
      {"f4", "float32"}, {"i4", "int32"}, {"i8", "int64"}, {"u1", "uint8"}};
  const bool mine = type.order == native || type.order == '|' || type.order == '=';
  for (const auto& [code, name] : known) {
    if (mine && type.code == code) return name;
  }
  return type.order + type.code;
}

std::optional<NumpyElements> elements(const NumpyArray& array, std::size_t element) {
  NumpyElements all{array.data.raw, nullptr};
  const auto own = [&](std::vector<std::uint8_t> bytes) {
    auto kept = std::make_shared<const std::vector<std::uint8_t>>(std::move(bytes));
    all = {*kept, kept};
  };
  if (array.data.form != PickleString::Form::bytes) {
    auto decoded = decode(array.data);
    if (!decoded) return std::nullopt;
    own(std::move(*decoded));
  }
  if (size_of(array, element, all.bytes.size()) != all.bytes.size()) return std::nullopt;
  if (array.fortran && array.shape.size() == 3) own(transpose(all.bytes, array.shape, element));
  return all;
}

}  // namespace etch::detail
