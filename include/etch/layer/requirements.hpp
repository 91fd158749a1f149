#ifndef ETCH_LAYER_REQUIREMENTS_HPP
#define ETCH_LAYER_REQUIREMENTS_HPP

#include <cstddef>
#include <type_traits>

#include "etch/shape/shape.hpp"

namespace etch {

// What layers may require, by name: a failed static_assert shows these names with the layer's index
// in the network, the layer and the shape that it got.

/// The input is a picture, height x width x channels.
template <std::size_t Index, class Layer, class In>
struct takes_picture : std::bool_constant<In::is_picture> {};

/// Layer::units >= 1.
template <std::size_t Index, class Layer, class In>
struct has_units : std::bool_constant<(Layer::units >= 1)> {};

/// Layer::filters >= 1.
template <std::size_t Index, class Layer, class In>
struct has_filters : std::bool_constant<(Layer::filters >= 1)> {};

/// Layer::window >= 1.
template <std::size_t Index, class Layer, class In>
struct has_window : std::bool_constant<(Layer::window >= 1)> {};

/// Layer::stride >= 1.
template <std::size_t Index, class Layer, class In>
struct moves : std::bool_constant<(Layer::stride >= 1)> {};

/// Without padding the window lies inside the picture.
template <std::size_t Index, class Layer, class In>
struct window_fits
    : std::bool_constant<Layer::padding::pads || !In::is_picture ||
                         (Layer::window <= In::height && Layer::window <= In::width)> {};

/// Layer::rate is a probability below 1.
template <std::size_t Index, class Layer, class In>
struct keeps_some : std::bool_constant<(Layer::rate >= 0 && Layer::rate < 1)> {};

}  // namespace etch

#endif
