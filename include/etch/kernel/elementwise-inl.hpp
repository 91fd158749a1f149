// What makes each vector of an array from those that lie alike; `map` is for layers of one's own.

#if defined(ETCH_KERNEL_ELEMENTWISE_INL_HPP) == defined(HWY_TARGET_TOGGLE)
#ifdef ETCH_KERNEL_ELEMENTWISE_INL_HPP
#undef ETCH_KERNEL_ELEMENTWISE_INL_HPP
#else
#define ETCH_KERNEL_ELEMENTWISE_INL_HPP
#endif

#include "etch/kernel/vec-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace etch::HWY_NAMESPACE {

/// y[i] = finish(x[i]) for i < size, a multiple of 16: see finish-inl.hpp. Eight vectors are read
/// before the first of them is stored: where y lies a little further on than x, but for multiples
/// of 4 KiB, a load otherwise waits for a store that only looks like its own (ReLU of 50,176
/// floats, y 64 bytes on: 6.5 µs, 3.7 so; at other places 3.5).
template <class Finish>
HWY_INLINE void finish_all(const float* x, float* y, std::ptrdiff_t size, const Finish& finish) {
  const auto some = [&]<int Vectors>(std::ptrdiff_t from, Int<Vectors>) ETCH_LAMBDA {
    Vec v[Vectors];
    ETCH_UNROLL for (int i = 0; i < Vectors; ++i) {
      v[i] = hn::LoadU(float_tag, x + from + i * lanes);
    }
    ETCH_UNROLL for (int i = 0; i < Vectors; ++i) {
      v[i] = finish(v[i], float_tag, y + from + i * lanes, lanes);
    }
    ETCH_UNROLL for (int i = 0; i < Vectors; ++i) {
      hn::StoreU(v[i], float_tag, y + from + i * lanes);
    }
  };
  constexpr int together = 8;
  std::ptrdiff_t from = 0;
  for (; from + together * lanes <= size; from += together * lanes) some(from, Int<together>());
  for (; from < size; from += lanes) some(from, Int<1>());
}

/// y[i] = f(x[i]) for as many; f takes and returns a Vec.
template <class F>
HWY_INLINE void map(const float* x, float* y, std::ptrdiff_t size, const F& f) {
  finish_all(x, y, size, [&](Vec v, const auto&...) ETCH_LAMBDA { return f(v); });
}

/// y[i] = f(a[i], b[i]) for as many.
template <class F>
HWY_INLINE void map(const float* a, const float* b, float* y, std::ptrdiff_t size, const F& f) {
  finish_all(a, y, size, [&](Vec v, auto, const float* to, int) ETCH_LAMBDA {
    return f(v, hn::LoadU(float_tag, b + (to - y)));
  });
}

}  // namespace etch::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
