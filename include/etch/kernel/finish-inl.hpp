// What a kernel makes of its sums on their way to memory, while they are in registers:
//
//   finish(v, d, to, count)              of the vector that it is about to store to `to`, `count`
//                                        lanes of it that matter, or all if there are fewer
//   finish(v, d, to, count, rows, row)   where it stores `rows` times `count` lanes, the next ones
//                                        always `row` floats further on; forward alone

#if defined(ETCH_KERNEL_FINISH_INL_HPP) == defined(HWY_TARGET_TOGGLE)
#ifdef ETCH_KERNEL_FINISH_INL_HPP
#undef ETCH_KERNEL_FINISH_INL_HPP
#else
#define ETCH_KERNEL_FINISH_INL_HPP
#endif

#include "etch/kernel/vec-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace etch::HWY_NAMESPACE {

/// Nothing.
struct Unchanged {
  template <class V, class... Where>
  HWY_INLINE V operator()(V v, const Where&...) const {
    return v;
  }
};

/// max(v, 0).
struct Rectify {
  template <class V, class... Where>
  HWY_INLINE V operator()(V v, const Where&...) const {
    const auto zero = hn::Zero(hn::DFromV<V>());
    return hn::IfThenZeroElse(hn::Lt(v, zero), v);  // x86's Max would hide a NaN
  }
};

/// The gradient to be stored in `dx` where `x`, which lies alike, is positive; elsewhere zero.
struct WherePositive {
  const float *x, *dx;

  template <class D>
  HWY_INLINE hn::Vec<D> operator()(hn::Vec<D> gradient, D d, const float* to, int count) const {
    const auto here = load_first(d, x + (to - dx), count);
    return hn::IfThenElseZero(hn::Gt(here, hn::Zero(d)), gradient);
  }
};

}  // namespace etch::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
