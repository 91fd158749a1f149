#ifndef ETCH_BASE_BUFFER_HPP
#define ETCH_BASE_BUFFER_HPP

#include <algorithm>
#include <cstddef>
#include <memory>
#include <new>
#include <span>

namespace etch {

/// Floats on a 64-byte border (a cache line, and the widest vector), zero at first.
class Buffer {
 public:
  static constexpr std::size_t alignment = 64;

  Buffer() = default;
  explicit Buffer(std::size_t size)
      : size_(size),
        data_(static_cast<float*>(
            ::operator new (size * sizeof(float), std::align_val_t{alignment}))) {
    std::fill_n(data_.get(), size, 0.0f);
  }

  float* data() { return data_.get(); }
  const float* data() const { return data_.get(); }
  std::size_t size() const { return size_; }
  std::span<float> span() { return {data(), size_}; }
  std::span<const float> span() const { return {data(), size_}; }

 private:
  struct Release {
    void operator()(float* p) const { ::operator delete (p, std::align_val_t{alignment}); }
  };

  std::size_t size_ = 0;
  std::unique_ptr<float, Release> data_;
};

}  // namespace etch

#endif
