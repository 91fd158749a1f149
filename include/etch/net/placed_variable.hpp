#ifndef ETCH_NET_PLACED_VARIABLE_HPP
#define ETCH_NET_PLACED_VARIABLE_HPP

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <string_view>

#include "etch/layer/contract.hpp"

namespace etch {

/// A variable in its place in a network, whose type need not be known: Arena<Net>::variables.
struct PlacedVariable {
  std::size_t layer;            // counted from 0
  std::string_view layer_name;  // "3_conv2d"
  std::size_t index;            // among the layer's variables
  Variable variable;
  std::size_t offset;  // of its floats in the parameters
  /// Of elements from `first` on, in TensorFlow's order, where each lies within its floats: many at
  /// once, because to ask for each takes longer than to write it.
  void (*places)(std::size_t index, std::size_t first, std::span<std::size_t> to);

  /// Calls `f(i, place)` for elements first + i, i < count, which lie at `place` of the parameters.
  template <class F>
  constexpr void for_each(std::size_t first, std::size_t count, const F& f) const {
    std::array<std::size_t, 256> some;
    for (std::size_t done = 0; done < count; done += some.size()) {
      const auto here = std::span(some).first(std::min(some.size(), count - done));
      places(index, first + done, here);
      for (std::size_t i = 0; i < here.size(); ++i) f(done + i, offset + here[i]);
    }
  }
};

}  // namespace etch

#endif
