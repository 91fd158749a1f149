// SGD: stochastic gradient descent, w -= rate * gradient (TensorFlow's
// GradientDescentOptimizer).

#ifndef ETCH_TRAIN_SGD_HPP
#define ETCH_TRAIN_SGD_HPP

#include <cstddef>

namespace etch {

/// Keeps nothing beside the parameters.
struct SGD {
  static constexpr std::size_t slots = 0;

  constexpr bool sensible() const { return true; }
};

}  // namespace etch

#endif

#if defined(ETCH_TRAIN_SGD_INL_HPP) == defined(HWY_TARGET_TOGGLE)
#ifdef ETCH_TRAIN_SGD_INL_HPP
#undef ETCH_TRAIN_SGD_INL_HPP
#else
#define ETCH_TRAIN_SGD_INL_HPP
#endif

#include "etch/train/update-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace etch::HWY_NAMESPACE {

template <>
struct Update<SGD> {
  Vec minus_rate;

  Update(const SGD&, const UpdateContext& context)
      : minus_rate(hn::Set(float_tag, -context.rate)) {}

  HWY_INLINE Vec operator()(Vec w, Vec gradient, Vec*) const {
    return hn::MulAdd(minus_rate, gradient, w);
  }
};

}  // namespace etch::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
