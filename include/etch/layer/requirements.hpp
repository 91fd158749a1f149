#ifndef ETCH_LAYER_REQUIREMENTS_HPP
#define ETCH_LAYER_REQUIREMENTS_HPP

#include <cstddef>

#include "etch/shape/window.hpp"

namespace etch {

// What layers may require, by name: a failed static_assert shows these names with the layer's index
// in the network, the layer and the shape that it got. Each has a `value` of its own, because g++
// names the class that a value was inherited from.

/// The input is a picture, height x width x channels.
template <std::size_t Index, class Layer, class In>
struct takes_picture {
  static constexpr bool value = In::is_picture;
};

/// Layer::units >= 1.
template <std::size_t Index, class Layer, class In>
struct has_units {
  static constexpr bool value = Layer::units >= 1;
};

/// Layer::filters >= 1.
template <std::size_t Index, class Layer, class In>
struct has_filters {
  static constexpr bool value = Layer::filters >= 1;
};

/// Layer::window >= 1.
template <std::size_t Index, class Layer, class In>
struct has_window {
  static constexpr bool value = Layer::window >= 1;
};

/// Layer::stride >= 1.
template <std::size_t Index, class Layer, class In>
struct moves {
  static constexpr bool value = Layer::stride >= 1;
};

/// Layer::padding is Same or Valid.
template <std::size_t Index, class Layer, class In>
struct has_padding {
  static constexpr bool value = IsPadding<typename Layer::padding>;
};

/// Without padding the window lies inside the picture.
template <std::size_t Index, class Layer, class In>
struct window_fits {
  static constexpr bool value = pads<typename Layer::padding>() || !In::is_picture ||
                                (Layer::window <= In::height && Layer::window <= In::width);
};

/// Layer::rate is a probability below 1.
template <std::size_t Index, class Layer, class In>
struct keeps_some {
  static constexpr bool value = Layer::rate >= 0 && Layer::rate < 1;
};

}  // namespace etch

#endif
