#ifndef ETCH_NET_PLACED_VARIABLE_HPP
#define ETCH_NET_PLACED_VARIABLE_HPP

#include <cstddef>
#include <string_view>

#include "etch/layer/contract.hpp"

namespace etch {

/// A variable in its place in a network, whose type need not be known: Arena<Net>::variables.
struct PlacedVariable {
  std::size_t layer;            // counted from 0
  std::string_view layer_name;  // "3_conv2d"
  std::size_t index;            // among the layer's variables
  Variable variable;
  std::size_t offset;                                            // of its floats in the parameters
  std::size_t (*place)(std::size_t index, std::size_t element);  // within its floats

  /// Where `element`, in TensorFlow's order, lies in the parameters.
  std::size_t at(std::size_t element) const { return offset + place(index, element); }
};

}  // namespace etch

#endif
