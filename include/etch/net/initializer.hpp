#ifndef ETCH_NET_INITIALIZER_HPP
#define ETCH_NET_INITIALIZER_HPP

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numbers>
#include <optional>
#include <string>
#include <vector>

#include "etch/base/error.hpp"
#include "etch/base/philox.hpp"
#include "etch/net/arena.hpp"

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

/// What the cut leaves of a standard normal's deviation.
inline constexpr float stddev_after_cut = 0.87962566f;

/// Element `i` of a stream of standard normal numbers cut off at two deviations: Box and Muller
/// from words 0 and 1 of block i, redrawn from the next sequence.
inline float truncated_normal(RandomStream stream, std::uint32_t i) {
  for (std::uint32_t redraw = 0;; ++redraw) {
    const Philox::Counter words = stream.block(i, redraw);
    const float radius = std::sqrt(-2 * std::log(1 - uniform(words[0])));
    const float angle = 2 * std::numbers::pi_v<float> * uniform(words[1]);
    for (float z : {radius * std::cos(angle), radius * std::sin(angle)}) {
      if (std::abs(z) <= 2) return z;
    }
  }
}

/// Writes the initial values of `Net` into its parameters, which were zero.
template <class Net>
void initialize(float* parameters, std::uint64_t seed, const Initializer& initializer) {
  std::size_t biases = 0;
  Net::for_each_step([&]<class Step>() {
    for (std::size_t v = 0; v < Step::variables.size(); ++v) {
      const Variable& variable = Step::variables[v];
      float* to = parameters + Arena<Net>::parameters.offset[Step::index][v];
      if (!variable.is_weight) {
        const std::size_t which = biases++;
        if (which >= initializer.biases.size()) continue;
        for (std::size_t i = 0; i < variable.size(); ++i)
          to[Step::place(v, i)] = initializer.biases[which];
        continue;
      }
      const RandomStream stream{seed, Purpose::initial_value,
                                static_cast<std::uint32_t>(Step::index * 16 + v), 0};
      const float deviation = initializer.stddev.value_or(
          std::sqrt(2.0f / static_cast<float>(variable.fan_in)) / stddev_after_cut);
      for (std::size_t i = 0; i < variable.size(); ++i) {
        to[Step::place(v, i)] = deviation * truncated_normal(stream, static_cast<std::uint32_t>(i));
      }
    }
  });
  if (!initializer.biases.empty() && initializer.biases.size() != biases) {
    throw Error("initial values", "requires one bias for each of the " + std::to_string(biases) +
                                      " layers that have them, " +
                                      std::to_string(initializer.biases.size()) +
                                      " came; list one for each, or none for zeros");
  }
}

}  // namespace etch

#endif
