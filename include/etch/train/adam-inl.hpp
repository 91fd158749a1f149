// Adam: steps of about the rate's size, whatever the gradient's (Kingma and Ba, "Adam: a method for
// stochastic optimization", 2015, with the paper's epsilon-hat, as TensorFlow's AdamOptimizer and
// Keras's Adam). With weight_decay it is AdamW.

#ifndef ETCH_TRAIN_ADAM_HPP
#define ETCH_TRAIN_ADAM_HPP

#include <cstddef>
#include <limits>

namespace etch {

/// Keeps running means of each parameter's gradient and of its square.
struct Adam {
  static constexpr std::size_t slots = 2;
  float beta_1 = 0.9f, beta_2 = 0.999f;  // from 0 to below 1
  float epsilon = 1e-7f;                 // a normal number: training takes smaller ones for 0

  constexpr bool sensible() const {
    return beta_1 >= 0 && beta_1 < 1 && beta_2 >= 0 && beta_2 < 1 &&
           epsilon >= std::numeric_limits<float>::min();
  }
};

}  // namespace etch

#endif

#if defined(ETCH_TRAIN_ADAM_INL_HPP) == defined(HWY_TARGET_TOGGLE)
#ifdef ETCH_TRAIN_ADAM_INL_HPP
#undef ETCH_TRAIN_ADAM_INL_HPP
#else
#define ETCH_TRAIN_ADAM_INL_HPP
#endif

#include <cmath>

#include "etch/train/update-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace etch::HWY_NAMESPACE {

template <>
struct Update<Adam> {
  Vec new_mean, new_square, epsilon, minus_rate;

  Update(const Adam& optimizer, const UpdateContext& context)
      : new_mean(hn::Set(float_tag, 1 - optimizer.beta_1)),
        new_square(hn::Set(float_tag, 1 - optimizer.beta_2)),
        epsilon(hn::Set(float_tag, optimizer.epsilon)) {
    // Both means begin at zero: this is what they lack.
    const double steps = context.step + 1.0;
    const double mean = 1 - std::pow(static_cast<double>(optimizer.beta_1), steps);
    const double square = 1 - std::pow(static_cast<double>(optimizer.beta_2), steps);
    const double rate = static_cast<double>(context.rate) * std::sqrt(square) / mean;
    minus_rate = hn::Set(float_tag, -static_cast<float>(rate));
  }

  HWY_INLINE Vec operator()(Vec w, Vec gradient, Vec* slots) const {
    Vec &mean = slots[0], &square = slots[1];
    mean = hn::MulAdd(new_mean, hn::Sub(gradient, mean), mean);
    const Vec difference = hn::Sub(hn::Mul(gradient, gradient), square);
    square = hn::MulAdd(new_square, difference, square);
    const Vec step = hn::Div(mean, hn::Add(hn::Sqrt(square), epsilon));
    return hn::MulAdd(minus_rate, step, w);
  }
};

}  // namespace etch::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
