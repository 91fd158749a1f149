// Softmax cross-entropy on logits (TensorFlow's SparseSoftmaxCrossEntropyWithLogits).

#if defined(ETCH_TRAIN_LOSS_INL_HPP) == defined(HWY_TARGET_TOGGLE)
#ifdef ETCH_TRAIN_LOSS_INL_HPP
#undef ETCH_TRAIN_LOSS_INL_HPP
#else
#define ETCH_TRAIN_LOSS_INL_HPP
#endif

#include "etch/kernel/vec-inl.hpp"

#include <hwy/contrib/math/math-inl.h>

#include <algorithm>
#include <cmath>
#include <cstdint>

HWY_BEFORE_NAMESPACE();
namespace etch::HWY_NAMESPACE {

/// For `rows` samples of Out::size logits: the loss of each, whether its label has the largest
/// logit (the first of equals, as numpy's argmax), and the gradient of scale * loss.
/// The largest logit is subtracted first, so that no exponential overflows.
template <class Out>
void softmax_cross_entropy(const float* logits, const std::uint8_t* labels, float scale,
                           float* gradient, float* losses, std::uint8_t* correct, int rows) {
  constexpr int size = Out::size;
  for (int row = 0; row < rows; ++row) {
    const float* z = logits + row * Out::stride;
    float* dz = gradient + row * Out::stride;
    const int label = labels[row];
    const float* best = std::max_element(z, z + size);
    const Vec largest = hn::Set(float_tag, *best);
    Vec sums = hn::Zero(float_tag);
    for (int i = 0; i < size; i += lanes) {
      const auto real = hn::FirstN(float_tag, static_cast<std::size_t>(size - i));
      const Vec e = hn::Exp(float_tag, hn::Sub(hn::LoadU(float_tag, z + i), largest));
      const Vec p = hn::IfThenElseZero(real, e);
      sums = hn::Add(sums, p);
      hn::StoreU(p, float_tag, dz + i);
    }
    const float sum = hn::GetLane(hn::SumOfLanes(float_tag, sums));
    const Vec factor = hn::Set(float_tag, scale / sum);
    for (int i = 0; i < size; i += lanes) {
      const auto real = hn::FirstN(float_tag, static_cast<std::size_t>(size - i));
      const Vec gradient_i = hn::Mul(hn::LoadU(float_tag, dz + i), factor);
      hn::StoreU(hn::IfThenElseZero(real, gradient_i), float_tag, dz + i);  // factor may be NaN
    }
    dz[label] -= scale;
    losses[row] = std::log(sum) - (z[label] - *best);
    correct[row] = best == z + label;
  }
}

}  // namespace etch::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
