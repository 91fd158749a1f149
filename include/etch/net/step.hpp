#ifndef ETCH_NET_STEP_HPP
#define ETCH_NET_STEP_HPP

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "etch/layer/contract.hpp"
#include "etch/meta/text.hpp"
#include "etch/net/checked_layer.hpp"

namespace etch {

/// One layer in its place: its index, counted from 0 after the input, and the shape it gets.
template <std::size_t Index, class L, class I>
struct Step {
  using Layer = L;
  using In = I;
  using Out = typename detail::OutputOf<Index, Layer, In>::type;
  static_assert(sizeof(detail::CheckedLayer<Index, Layer, In>) > 0);

  static constexpr std::size_t index = Index;
  static constexpr Traits traits = traits_of<Layer>();
  static constexpr auto variables = variables_of<Layer, In>();
  static constexpr bool has_variables = !variables.empty();
  static constexpr std::uint64_t flops = flops_of<Layer, In>();
  static constexpr std::uint64_t gradient_flops = gradient_flops_of<Layer, In>();

  /// Whether its parameters are updated while their gradients are summed: over the whole batch,
  /// behind all data gradients, which read the old weights. Other layers' gradients are summed
  /// over the samples that are on their way, while those are in the cache.
  static constexpr bool updates = updating_tiles_of<Layer, In>() != 0;

  /// "3_conv2d": one name in summaries, files, messages and benchmarks.
  static constexpr auto name =
      meta::decimal<Index>() + meta::Text("_") +
      meta::Text<std::string_view(Layer::name).size()>(std::string_view(Layer::name));

  /// Where element `i` of variable `v`, in TensorFlow's order, lies.
  static constexpr std::size_t place(std::size_t v, std::size_t i) {
    if constexpr (has_variables) {
      return Layer::template place<In>(v, i);
    } else {
      return i;
    }
  }

  /// The same of elements from `first` on: see PlacedVariable.
  static constexpr void places(std::size_t v, std::size_t first, std::span<std::size_t> to) {
    for (std::size_t i = 0; i < to.size(); ++i) to[i] = place(v, first + i);
  }

  /// Numbers that training this layer finds, as TensorFlow counts them.
  static constexpr std::size_t parameters = [] {
    std::size_t sum = 0;
    for (const Variable& variable : variables) sum += variable.size();
    return sum;
  }();
};

}  // namespace etch

#endif
