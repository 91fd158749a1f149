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

/// y[i] = finish(x[i]) for i < size, a multiple of 16: see finish-inl.hpp.
template <class Finish>
HWY_INLINE void finish_all(const float* x, float* y, std::ptrdiff_t size, const Finish& finish) {
  for (std::ptrdiff_t i = 0; i < size; i += lanes) {
    const Vec v = hn::LoadU(float_tag, x + i);
    hn::StoreU(finish(v, float_tag, y + i, lanes), float_tag, y + i);
  }
}

/// y[i] = f(x[i]) for as many; f takes and returns a Vec.
template <class F>
HWY_INLINE void map(const float* x, float* y, std::ptrdiff_t size, const F& f) {
  finish_all(x, y, size, [&](Vec v, const auto&...) ETCH_LAMBDA { return f(v); });
}

/// y[i] = f(a[i], b[i]) for as many.
template <class F>
HWY_INLINE void map(const float* a, const float* b, float* y, std::ptrdiff_t size, const F& f) {
  for (std::ptrdiff_t i = 0; i < size; i += lanes) {
    hn::StoreU(f(hn::LoadU(float_tag, a + i), hn::LoadU(float_tag, b + i)), float_tag, y + i);
  }
}

}  // namespace etch::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
