#ifndef ETCH_BENCH_PEERS_SOFTMAX_HPP
#define ETCH_BENCH_PEERS_SOFTMAX_HPP

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace etch::peers {

/// Probabilities of `classes` logits; returns the logarithm of what they were divided by, before
/// the largest logit was taken off.
inline float softmax(const float* logits, int classes, float* probabilities) {
  const float largest = *std::max_element(logits, logits + classes);
  float sum = 0;
  for (int i = 0; i < classes; ++i) probabilities[i] = std::exp(logits[i] - largest);
  for (int i = 0; i < classes; ++i) sum += probabilities[i];
  for (int i = 0; i < classes; ++i) probabilities[i] /= sum;
  return largest + std::log(sum);
}

/// The mean loss of `rows` samples, and its gradient.
inline float softmax_cross_entropy(const float* logits, const std::uint8_t* labels, int rows,
                                   int classes, float* gradient) {
  float loss = 0;
  const float scale = 1 / static_cast<float>(rows);
  for (int row = 0; row < rows; ++row, logits += classes, gradient += classes) {
    loss += softmax(logits, classes, gradient) - logits[labels[row]];
    gradient[labels[row]] -= 1;
    for (int i = 0; i < classes; ++i) gradient[i] *= scale;
  }
  return loss * scale;
}

}  // namespace etch::peers

#endif
