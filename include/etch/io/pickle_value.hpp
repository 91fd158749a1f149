#ifndef ETCH_IO_PICKLE_VALUE_HPP
#define ETCH_IO_PICKLE_VALUE_HPP

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

namespace etch::detail {

// What a pickle of numpy arrays is made of. Nothing here owns what the file holds already, and
// values point to each other by index, so that no file makes them deep or large.

/// A string where it stands in the file, not decoded.
struct PickleString {
  enum class Form : std::uint8_t {
    bytes,   // as they are
    text,    // UTF-8
    latin1,  // bytes, each written as the character of that number, in UTF-8
    quoted,  // bytes, between quotes as Python 2 prints them: \n, \\, \x00
  };
  Form form = Form::bytes;
  std::span<const std::uint8_t> raw;
};

struct PickleNone {};

/// All that a pickle may name.
enum class PickleGlobal : std::uint8_t { reconstruct, from_buffer, ndarray, dtype, encode };

/// Number `index` of the values of one kind.
template <class T>
struct PickleRef {
  std::size_t index;
};

/// The type of an array's elements.
struct NumpyType {
  std::string code;  // "f4"
  char order;        // '<' little-endian, '>' big-endian, '|' of one byte
};

struct NumpyArray {
  NumpyType type;
  std::vector<std::uint64_t> shape;
  bool fortran = false;  // the first index runs fastest, else the last one
  PickleString data;
};

struct PickleTuple;
struct PickleDictionary;

using PickleValue =
    std::variant<PickleNone, std::int64_t, PickleString, PickleGlobal, PickleRef<PickleTuple>,
                 PickleRef<PickleDictionary>, PickleRef<NumpyType>, PickleRef<NumpyArray>>;

struct PickleTuple {
  std::vector<PickleValue> items;
};

struct PickleDictionary {
  std::vector<std::pair<std::string, PickleValue>> items;  // a key may come again: the last counts
};

/// All values that are pointed to.
class PickleHeap {
 public:
  template <class T>
  PickleRef<T> add(T value) {
    auto& all = std::get<std::vector<T>>(values_);
    all.push_back(std::move(value));
    return {all.size() - 1};
  }

  template <class T>
  T& operator[](PickleRef<T> ref) {
    return std::get<std::vector<T>>(values_)[ref.index];
  }

  /// What `value` points to, or null if it is no T.
  template <class T>
  T* find(const PickleValue& value) {
    const auto* ref = std::get_if<PickleRef<T>>(&value);
    return ref == nullptr ? nullptr : &(*this)[*ref];
  }

 private:
  std::tuple<std::vector<PickleTuple>, std::vector<PickleDictionary>, std::vector<NumpyType>,
             std::vector<NumpyArray>>
      values_;
};

}  // namespace etch::detail

#endif
