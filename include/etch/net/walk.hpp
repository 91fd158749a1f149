#ifndef ETCH_NET_WALK_HPP
#define ETCH_NET_WALK_HPP

// Walking a live model, where types and values meet. It has a header of its own because Boost.Hana
// has its price: training does not include it.

#include <array>
#include <boost/hana/for_each.hpp>
#include <boost/hana/tuple.hpp>
#include <cstddef>
#include <span>
#include <string_view>
#include <utility>

#include "etch/net/model.hpp"

namespace etch {

/// A variable of a live model.
struct LiveVariable {
  std::string_view name;       // "kernel"
  std::span<const int> shape;  // in TensorFlow's order
  std::span<float> values;     // as they lie in the model: Step::place tells where
};

/// A layer of a live model. Its type knows what the compiler knows: S::Layer, S::In, S::Out.
template <class S>
struct LiveLayer {
  using Step = S;
  static constexpr std::string_view name = Step::name;  // "3_conv2d"
  std::array<LiveVariable, Step::variables.size()> variables;
};

/// The layers of `model` in order, as a hana::tuple of LiveLayer.
template <class Net>
auto layers(Model<Net>& model) {
  const auto live = [&]<std::size_t Index>() {
    using Step = typename Net::template step<Index>;
    LiveLayer<Step> layer;
    for (std::size_t v = 0; v < Step::variables.size(); ++v) {
      const Variable& variable = Step::variables[v];
      layer.variables[v] = {
          variable.name, std::span(variable.extents).first(variable.rank),
          model.parameters().subspan(Arena<Net>::parameters.offset[Index][v], variable.floats)};
    }
    return layer;
  };
  return [&]<std::size_t... Index>(std::index_sequence<Index...>) {
    return boost::hana::make_tuple(live.template operator()<Index>()...);
  }
  (std::make_index_sequence<Net::size>());
}

/// Calls `visit` with each LiveLayer of `model` in order.
template <class Net, class Visit>
void walk(Model<Net>& model, Visit&& visit) {
  boost::hana::for_each(layers(model), visit);
}

}  // namespace etch

#endif
