// What becomes of the gradients of parameters: a kernel hands each vector of them, when it is
// summed, to a function of the vector and its place.

#if defined(ETCH_KERNEL_GRADIENT_STORE_INL_HPP) == defined(HWY_TARGET_TOGGLE)
#ifdef ETCH_KERNEL_GRADIENT_STORE_INL_HPP
#undef ETCH_KERNEL_GRADIENT_STORE_INL_HPP
#else
#define ETCH_KERNEL_GRADIENT_STORE_INL_HPP
#endif

#include "etch/kernel/vec-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace etch::HWY_NAMESPACE {

/// They are stored. Training updates the parameters instead: train/update-inl.hpp.
struct StoreGradient {
  /// Says that a vector will come for `to`.
  HWY_INLINE void prepare(const float*) const {}
  /// Takes over what a copy has gathered: nothing.
  HWY_INLINE void join(const StoreGradient&) const {}
  HWY_INLINE void operator()(Vec gradient, float* to) const { hn::StoreU(gradient, float_tag, to); }
};

}  // namespace etch::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
