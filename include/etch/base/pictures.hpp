#ifndef ETCH_BASE_PICTURES_HPP
#define ETCH_BASE_PICTURES_HPP

#include <cstddef>
#include <cstdint>
#include <span>

namespace etch {

/// Pictures where they lie in memory, one after another, `values()` values each, in H, W, C order.
/// They are bytes, of which p means (p - 127.5) / 255, or floats, which mean themselves; a byte
/// becomes a float only where a step reads it.
class Pictures {
 public:
  Pictures() = default;

  /// `bytes.size()` is a multiple of `values`.
  Pictures(std::span<const std::uint8_t> bytes, std::size_t values)
      : bytes_(bytes.data()), values_(values), count_(bytes.size() / values) {}

  /// `floats.size()` is a multiple of `values`.
  Pictures(std::span<const float> floats, std::size_t values)
      : floats_(floats.data()), values_(values), count_(floats.size() / values) {}

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

  /// `count` pictures from `first` on.
  Pictures slice(std::size_t first, std::size_t count) const {
    Pictures part = *this;
    part.bytes_ = bytes(first);
    part.floats_ = floats(first);
    part.count_ = count;
    return part;
  }

 private:
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
