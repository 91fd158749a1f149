// SGD: stochastic gradient descent, w -= rate * gradient (TensorFlow's
// GradientDescentOptimizer).

#ifndef ETCH_TRAIN_SGD_HPP
#define ETCH_TRAIN_SGD_HPP

namespace etch {

/// Keeps nothing beside the parameters.
struct SGD {};

}  // namespace etch

#endif

#if defined(ETCH_TRAIN_SGD_INL_HPP) == defined(HWY_TARGET_TOGGLE)
#ifdef ETCH_TRAIN_SGD_INL_HPP
#undef ETCH_TRAIN_SGD_INL_HPP
#else
#define ETCH_TRAIN_SGD_INL_HPP
#endif

#include <cstddef>

#include "etch/kernel/vec-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace etch::HWY_NAMESPACE {

template <class Optimizer>
struct Update;

template <>
struct Update<SGD> {
  /// w -= rate * (gradient + l2 * w) for `size` floats, a multiple of 16. Returns the sum of w^2
  /// before it.
  static float apply(float* HWY_RESTRICT w, const float* HWY_RESTRICT gradient, std::size_t size,
                     float rate, float l2) {
    const Vec minus_rate = hn::Set(float_tag, -rate), decay = hn::Set(float_tag, l2);
    Vec squares = hn::Zero(float_tag);
    for (std::size_t i = 0; i < size; i += lanes) {
      const Vec before = hn::LoadU(float_tag, w + i);
      const Vec g = hn::MulAdd(decay, before, hn::LoadU(float_tag, gradient + i));
      squares = hn::MulAdd(before, before, squares);
      hn::StoreU(hn::MulAdd(minus_rate, g, before), float_tag, w + i);
    }
    return hn::GetLane(hn::SumOfLanes(float_tag, squares));
  }
};

}  // namespace etch::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
