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
#include <cstdint>
#include <limits>

HWY_BEFORE_NAMESPACE();
namespace etch::HWY_NAMESPACE {

/// The softmax of one sample's logits, times `factor`, and what its loss is made of.
template <class Out>
struct Softmax {
  const float* logits;
  float largest, sum;  // of the logits; of the exponentials of their distances from it
  int best;            // the first of the largest, as numpy's argmax

  /// The largest logit is subtracted first, so that no exponential overflows.
  HWY_INLINE Softmax(const float* z, float factor, float* p) : logits(z) {
    Vec most = logit(0);
    for (int i = lanes; i < size; i += lanes) most = hn::Max(most, logit(i));
    most = hn::MaxOfLanes(float_tag, most);
    largest = hn::GetLane(most);
    best = first_of(most);
    Vec sums = hn::Zero(float_tag);
    for (int i = 0; i < size; i += lanes) {
      const Vec e = hn::Exp(float_tag, hn::Sub(logit(i), most));
      sums = hn::Add(sums, e);
      hn::StoreU(e, float_tag, p + i);
    }
    sums = hn::SumOfLanes(float_tag, sums);
    sum = hn::GetLane(sums);
    const Vec share = hn::Div(hn::Set(float_tag, factor), sums);
    for (int i = 0; i < size; i += lanes) {
      const Vec share_i = hn::Mul(hn::LoadU(float_tag, p + i), share);
      hn::StoreU(hn::IfThenElseZero(real(i), share_i), float_tag, p + i);  // share may be NaN
    }
  }

 private:
  static constexpr int size = Out::size;

  static HWY_INLINE auto real(int i) {
    return hn::FirstN(float_tag, static_cast<std::size_t>(size - i));
  }
  HWY_INLINE Vec logit(int i) const {
    const Vec least = hn::Set(float_tag, -std::numeric_limits<float>::infinity());
    return hn::IfThenElse(real(i), hn::LoadU(float_tag, logits + i), least);
  }
  HWY_INLINE int first_of(Vec most) const {
    for (int i = 0; i < size; i += lanes) {
      const auto first = hn::FindFirstTrue(float_tag, hn::Eq(logit(i), most));
      if (first >= 0) return i + static_cast<int>(first);
    }
    return 0;  // where none is a number
  }
};

/// For `rows` samples of Out::size logits: the loss of each, whether its label has the largest
/// logit, and the gradient of scale * loss.
template <class Out>
void softmax_cross_entropy(const float* logits, const std::uint8_t* labels, float scale,
                           float* gradient, float* losses, std::uint8_t* correct, int rows) {
  for (int first = 0; first < rows; first += lanes) {
    const int count = std::min(lanes, rows - first);
    alignas(64) float sums[lanes] = {}, margins[lanes] = {};
    for (int i = 0; i < count; ++i) {
      const int row = first + i, label = labels[row];
      const float* z = logits + row * Out::stride;
      float* dz = gradient + row * Out::stride;
      const Softmax<Out> softmax(z, scale, dz);
      dz[label] -= scale;
      sums[i] = softmax.sum;
      margins[i] = z[label] - softmax.largest;
      correct[row] = softmax.best == label;
    }
    const Vec logs = hn::Log(float_tag, hn::Load(float_tag, sums));
    store_first(hn::Sub(logs, hn::Load(float_tag, margins)), float_tag, losses + first, count);
  }
}

}  // namespace etch::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
