// Momentum: v = momentum * v + gradient, w -= rate * v, or by Nesterov
// w -= rate * (gradient + momentum * v) (TensorFlow's MomentumOptimizer, PyTorch's SGD).

#ifndef ETCH_TRAIN_MOMENTUM_HPP
#define ETCH_TRAIN_MOMENTUM_HPP

#include <cstddef>

namespace etch {

/// Keeps a velocity for each parameter.
struct Momentum {
  static constexpr std::size_t slots = 1;
  float momentum = 0.9f;  // from 0 to below 1
  bool nesterov = false;

  constexpr bool sensible() const { return momentum >= 0 && momentum < 1; }
};

}  // namespace etch

#endif

#if defined(ETCH_TRAIN_MOMENTUM_INL_HPP) == defined(HWY_TARGET_TOGGLE)
#ifdef ETCH_TRAIN_MOMENTUM_INL_HPP
#undef ETCH_TRAIN_MOMENTUM_INL_HPP
#else
#define ETCH_TRAIN_MOMENTUM_INL_HPP
#endif

#include "etch/train/update-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace etch::HWY_NAMESPACE {

template <>
struct Update<Momentum> {
  Vec momentum, minus_rate, of_velocity, of_gradient;

  Update(const Momentum& optimizer, const UpdateContext& context)
      : momentum(hn::Set(float_tag, optimizer.momentum)),
        minus_rate(hn::Set(float_tag, -context.rate)),
        of_velocity(hn::Set(float_tag, optimizer.nesterov ? optimizer.momentum : 1)),
        of_gradient(hn::Set(float_tag, optimizer.nesterov ? 1.0f : 0.0f)) {}

  HWY_INLINE Vec operator()(Vec w, Vec gradient, Vec* slots) const {
    Vec& velocity = slots[0];
    velocity = hn::MulAdd(momentum, velocity, gradient);
    const Vec step = hn::MulAdd(of_velocity, velocity, hn::Mul(of_gradient, gradient));
    return hn::MulAdd(minus_rate, step, w);
  }
};

}  // namespace etch::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
