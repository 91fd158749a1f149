#ifndef ETCH_NET_INITIALIZER_HPP
#define ETCH_NET_INITIALIZER_HPP

#include <optional>
#include <vector>

namespace etch {

/// Initial values of the parameters: weights are truncated normal (TensorFlow's truncated_normal:
/// mean 0, redrawn beyond two deviations), biases constant.
struct Initializer {
  /// The standard deviation before the cut, of all weights; without it Keras's HeNormal: what is
  /// left after the cut has sqrt(2 / fan_in).
  std::optional<float> stddev = std::nullopt;
  /// One value for each layer that has a bias, in order; empty for zeros.
  std::vector<float> biases = {};
};

}  // namespace etch

#endif
