#ifndef ETCH_BASE_PICTURES_HPP
#define ETCH_BASE_PICTURES_HPP

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <type_traits>

#include "etch/base/error.hpp"

namespace etch {

/// What a byte of a picture means.
constexpr float float_of(std::uint8_t byte) {
  return (static_cast<float>(byte) - 127.5f) / 255.0f;
}

// What pictures and labels are made of, by name: see layer/requirements.hpp.

template <class T>
struct holds_pixels {
  static constexpr bool value = std::is_convertible_v<const T&, std::span<const std::uint8_t>> ||
                                std::is_convertible_v<const T&, std::span<const float>> ||
                                std::is_convertible_v<const T&, std::span<const std::byte>>;
};

template <class T>
struct holds_labels {
  static constexpr bool value = std::is_convertible_v<const T&, std::span<const std::uint8_t>>;
};

namespace detail {

template <class T>
struct PixelRequirements {
  static_assert(holds_pixels<T>::value,
                "etch: Pictures: requires an array of std::uint8_t or float, another type came; "
                "convert the values, or give their bytes as they are stored");
};

template <class T>
struct LabelRequirements {
  static_assert(holds_labels<T>::value,
                "etch: Minibatch: requires labels in an array of std::uint8_t, another type came; "
                "convert them");
};

}  // namespace detail

/// Pictures where they lie in memory, one after another, `values()` values each, in H, W, C order.
/// They are bytes, see float_of, or floats, which mean themselves; a byte becomes a float only
/// where a step reads it. Floats of the program's own arrays are read in place, if they lie as
/// far apart as their Shape's samples and nothing warps them. Others may lie at odd addresses, as
/// files have them: they are copied from there, and no `float*` ever points to them.
class Pictures {
 public:
  Pictures() = default;

  /// Throws Error unless the bytes, or floats, are whole pictures of `values`.
  Pictures(std::span<const std::uint8_t> bytes, std::size_t values)
      : bytes_(bytes.data()), values_(values), count_(whole(bytes.size(), values)) {}
  Pictures(std::span<const float> floats, std::size_t values)
      : Pictures(std::as_bytes(floats), values) {
    in_place_ = true;
  }

  /// The same for what is stored as float32, from any address on.
  Pictures(std::span<const std::byte> stored_floats, std::size_t values)
      : floats_(stored_floats.data()),
        values_(values),
        count_(whole(stored_floats.size(), values, sizeof(float))) {}

  /// Arrays of anything else are refused.
  template <class T>
  requires(!holds_pixels<T>::value) Pictures(const T&, std::size_t) {
    static_assert(sizeof(detail::PixelRequirements<T>) > 0);
  }

  std::size_t count() const { return count_; }
  std::size_t values() const { return values_; }

  /// Picture `i` as bytes, or null where pictures are floats.
  const std::uint8_t* bytes(std::size_t i) const {
    return bytes_ == nullptr ? nullptr : bytes_ + i * values_;
  }

  /// Picture `i`, floats to be copied by std::memcpy, or null where pictures are bytes.
  const std::byte* floats(std::size_t i) const {
    return floats_ == nullptr ? nullptr : floats_ + i * values_ * sizeof(float);
  }

  /// Picture 0 where it lies, the others behind it, or null unless they are floats of the
  /// program's.
  const float* in_place() const {
    return in_place_ ? reinterpret_cast<const float*>(floats_) : nullptr;
  }

  /// `count` pictures from `first` on, first + count <= count().
  Pictures slice(std::size_t first, std::size_t count) const {
    Pictures part = *this;
    part.bytes_ = bytes(first);
    part.floats_ = floats(first);
    part.count_ = count;
    return part;
  }

 private:
  /// The number of pictures in `size` bytes, where a value takes `each`.
  static std::size_t whole(std::size_t size, std::size_t values, std::size_t each = 1) {
    if (values != 0 && size % each == 0 && size / each % values == 0) return size / each / values;
    throw Error("pictures", "requires whole pictures of " + std::to_string(values) + " values, " +
                                std::to_string(size / each) +
                                " values came; give all of each picture");
  }

  const std::uint8_t* bytes_ = nullptr;
  const std::byte* floats_ = nullptr;
  bool in_place_ = false;  // floats_ are floats of the program's
  std::size_t values_ = 0;
  std::size_t count_ = 0;
};

/// Pictures and what they show: one label for each.
struct Minibatch {
  Minibatch() = default;
  Minibatch(const Pictures& of, std::span<const std::uint8_t> shown)
      : pictures(of), labels(shown) {}

  /// Other labels are refused.
  template <class T>
  requires(!holds_labels<T>::value) Minibatch(const Pictures&, const T&) {
    static_assert(sizeof(detail::LabelRequirements<T>) > 0);
  }

  Pictures pictures;
  std::span<const std::uint8_t> labels;
};

}  // namespace etch

#endif
