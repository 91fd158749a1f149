#ifndef ETCH_NET_INITIALIZE_HPP
#define ETCH_NET_INITIALIZE_HPP

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "etch/base/error.hpp"
#include "etch/base/philox.hpp"
#include "etch/base/round.hpp"
#include "etch/kernel/truncated_normal-inl.hpp"
#include "etch/net/initializer.hpp"
#include "etch/net/placed_variable.hpp"

namespace etch {

/// What the cut leaves of a standard normal's deviation.
inline constexpr float stddev_after_cut = 0.87962566f;

/// Writes the initial values of a network's variables into its parameters, which were zero.
inline void initialize(simd::Target target, std::span<const PlacedVariable> variables,
                       float* parameters, std::uint64_t seed, const Initializer& initializer) {
  std::size_t biases = 0;
  for (const PlacedVariable& placed : variables) {
    const Variable& variable = placed.variable;
    if (!variable.is_weight) {
      const std::size_t which = biases++;
      if (which >= initializer.biases.size()) continue;
      const float bias = initializer.biases[which];
      placed.for_each(0, variable.size(),
                      [&](std::size_t, std::size_t place) { parameters[place] = bias; });
      continue;
    }
    const RandomStream stream{seed, Purpose::initial_value,
                              static_cast<std::uint32_t>(placed.layer * 16 + placed.index), 0};
    const float deviation = initializer.stddev.value_or(
        std::sqrt(2.0f / static_cast<float>(variable.fan_in)) / stddev_after_cut);
    std::array<float, 1024> normal;
    for (std::size_t first = 0; first < variable.size(); first += normal.size()) {
      const std::size_t count = std::min(normal.size(), variable.size() - first);
      ETCH_DISPATCH(target.id, truncated_normals)
      (stream, static_cast<std::uint32_t>(first), normal.data(),
       static_cast<std::uint32_t>(round_up(count, 16)));
      placed.for_each(first, count, [&](std::size_t i, std::size_t place) {
        parameters[place] = deviation * normal[i];
      });
    }
  }
  if (!initializer.biases.empty() && initializer.biases.size() != biases) {
    throw Error("initial values", "requires one bias for each of the " + std::to_string(biases) +
                                      " layers that have them, " +
                                      std::to_string(initializer.biases.size()) +
                                      " came; list one for each, or none for zeros");
  }
}

}  // namespace etch

#endif
