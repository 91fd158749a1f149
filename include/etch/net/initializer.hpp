#ifndef ETCH_NET_INITIAL_HPP
#define ETCH_NET_INITIAL_HPP

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
struct Initial {
  /// The deviation of all weights; without it He's sqrt(2 / inputs that an output sums).
  std::optional<float> deviation = std::nullopt;
  /// One value for each layer that has a bias, in order; empty for zeros.
  std::vector<float> biases = {};
};

/// Element `i` of a stream of standard normal numbers cut off at two deviations: Box and Muller
/// from words 0 and 1 of block i, redrawn with a counter of its own.
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
void initialize(float* parameters, std::uint64_t seed, const Initial& initial) {
  std::size_t biases = 0;
  Net::for_each_step([&]<class Step>() {
    for (std::size_t v = 0; v < Step::variables.size(); ++v) {
      const Variable& variable = Step::variables[v];
      float* to = parameters + Arena<Net>::parameters.offset[Step::index][v];
      if (!variable.is_weight) {
        const std::size_t which = biases++;
        if (which >= initial.biases.size()) continue;
        for (std::size_t i = 0; i < variable.size(); ++i)
          to[Step::place(v, i)] = initial.biases[which];
        continue;
      }
      const RandomStream stream{seed, Purpose::initial_value,
                                static_cast<std::uint32_t>(Step::index * 16 + v), 0};
      const float deviation =
          initial.deviation.value_or(std::sqrt(2.0f / static_cast<float>(variable.fan_in)));
      for (std::size_t i = 0; i < variable.size(); ++i) {
        to[Step::place(v, i)] = deviation * truncated_normal(stream, static_cast<std::uint32_t>(i));
      }
    }
  });
  if (!initial.biases.empty() && initial.biases.size() != biases) {
    throw Error("initial values", "requires one bias for each of the " + std::to_string(biases) +
                                      " layers that have them, " +
                                      std::to_string(initial.biases.size()) +
                                      " came; list one for each, or none for zeros");
  }
}

}  // namespace etch

#endif
