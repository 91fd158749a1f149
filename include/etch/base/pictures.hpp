#ifndef ETCH_BASE_PICTURES_HPP
#define ETCH_BASE_PICTURES_HPP

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "etch/base/error.hpp"

namespace etch {

/// Pictures where they lie in memory, one after another, `values()` values each, in H, W, C order.
/// They are bytes, of which p means (p - 127.5) / 255, or floats, which mean themselves; a byte
/// becomes a float only where a step reads it.
class Pictures {
 public:
  Pictures() = default;

  /// Throws Error unless the bytes, or floats, are whole pictures of `values`.
  Pictures(std::span<const std::uint8_t> bytes, std::size_t values)
      : bytes_(bytes.data()), values_(values), count_(whole(bytes.size(), values)) {}
  Pictures(std::span<const float> floats, std::size_t values)
      : floats_(floats.data()), values_(values), count_(whole(floats.size(), values)) {}

  std::size_t count() const { return count_; }
  std::size_t values() const { return values_; }

  /// Picture `i` as bytes, or null where pictures are floats.
  const std::uint8_t* bytes(std::size_t i) const {
    return bytes_ == nullptr ? nullptr : bytes_ + i * values_;
  }

  /// Picture `i` as floats, or null where pictures are bytes.
  const float* floats(std::size_t i) const {
    return floats_ == nullptr ? nullptr : floats_ + i * values_;
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
  static std::size_t whole(std::size_t size, std::size_t values) {
    if (values != 0 && size % values == 0) return size / values;
    throw Error("pictures", "requires whole pictures of " + std::to_string(values) + " values, " +
                                std::to_string(size) + " values came; give all of each picture");
  }

  const std::uint8_t* bytes_ = nullptr;
  const float* floats_ = nullptr;
  std::size_t values_ = 0;
  std::size_t count_ = 0;
};

/// Pictures and what they show: one label for each.
struct Minibatch {
  Pictures pictures;
  std::span<const std::uint8_t> labels;
};

}  // namespace etch

#endif
