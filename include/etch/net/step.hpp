#ifndef ETCH_NET_STEP_HPP
#define ETCH_NET_STEP_HPP

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "etch/layer/contract.hpp"
#include "etch/meta/text.hpp"

namespace etch {

/// Of each variable fewer than 2^30 floats, padding included: kernels count them by int.
template <std::size_t Index, class Layer, class In>
struct variables_fit {
  static constexpr bool value = [] {
    for (const Variable& variable : variables_of<Layer, In>()) {
      if (variable.floats >= std::size_t{1} << 30) return false;
    }
    return true;
  }();
};

/// Its output is a Shape.
template <std::size_t Index, class Layer, class In>
struct has_output {
  static constexpr bool value = requires {
    requires is_shape<typename Layer::template Output<In>>::value;
  };
};

/// What the layer has of contract.hpp's members has their form: another would be taken for none.
template <std::size_t Index, class Layer, class In>
struct fits_contract {
  static constexpr bool value = requires { typename Layer::template Requirements<Index, In>; }
  &&(requires { Layer::template flops<In>(); } ||
     !(
         requires { &Layer::flops; } || requires { &Layer::template flops<In>; })) &&
      (requires { Layer::template variables<In>(); } ||
       !(
           requires { &Layer::variables; } || requires { &Layer::template variables<In>; })) &&
      (requires { Layer::template saved<In>(); } ||
       !(
           requires { &Layer::saved; } || requires { &Layer::template saved<In>; })) &&
      (requires { Layer::template scratch<In>(1); } ||
       !(
           requires { &Layer::scratch; } || requires { &Layer::template scratch<In>; })) &&
      (requires { Layer::template updating_tiles<In>(); } ||
       !(
           requires { &Layer::updating_tiles; } ||
           requires { &Layer::template updating_tiles<In>; })) &&
      (requires { Layer::template data_gradient_over_x<In>(); } ||
       !(
           requires { &Layer::data_gradient_over_x; } ||
           requires { &Layer::template data_gradient_over_x<In>; }));
};

namespace detail {

/// What has no output of its own passes its input on, so that the compiler has nothing further to
/// complain about.
template <std::size_t Index, class Layer, class In>
struct OutputOf {
  using type = In;
};
template <std::size_t Index, class Layer, class In>
requires has_output<Index, Layer, In>::value struct OutputOf<Index, Layer, In> {
  using type = typename Layer::template Output<In>;
};

template <std::size_t Index, class Layer, class In>
struct CheckedLayer {
  static_assert(has_output<Index, Layer, In>::value,
                "etch: Network: requires of each layer an Output<In> that is a Shape, a layer "
                "without came; write how its output follows from In, see docs/adding-a-layer.md");
  static_assert(fits_contract<Index, Layer, In>::value,
                "etch: Network: requires a layer's members in the form of etch/layer/contract.hpp, "
                "another came; write `template <class In> static constexpr` before variables() or "
                "flops(), see docs/adding-a-layer.md");
};

// A class of its own, because clang leaves out of a class what follows a failed assertion.
template <std::size_t Index, class Layer, class In>
struct CheckedVariables {
  static_assert(variables_fit<Index, Layer, In>::value,
                "etch: Network: requires fewer than 2^30 floats for the weights of a layer, more "
                "came; use fewer units or filters, or make its input smaller, as by MaxPool2D<2>");
};

}  // namespace detail

/// One layer in its place: its index, counted from 0 after the input, and the shape it gets.
template <std::size_t Index, class L, class I>
struct Step {
  using Layer = L;
  using In = I;
  static_assert(sizeof(detail::CheckedLayer<Index, Layer, In>) > 0);
  using Out = typename detail::OutputOf<Index, Layer, In>::type;
  static_assert(sizeof(typename Layer::template Requirements<Index, In>) > 0);
  static_assert(sizeof(detail::CheckedVariables<Index, Layer, In>) > 0);

  static constexpr std::size_t index = Index;
  static constexpr Traits traits = traits_of<Layer>();
  static constexpr auto variables = variables_of<Layer, In>();
  static constexpr bool has_variables = !variables.empty();
  static constexpr std::uint64_t flops = flops_of<Layer, In>();

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

  /// Numbers that training this layer finds, as TensorFlow counts them.
  static constexpr std::size_t parameters = [] {
    std::size_t sum = 0;
    for (const Variable& variable : variables) sum += variable.size();
    return sum;
  }();
};

}  // namespace etch

#endif
