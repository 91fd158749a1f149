#ifndef ETCH_NET_NETWORK_HPP
#define ETCH_NET_NETWORK_HPP

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>

#include "etch/layer/contract.hpp"
#include "etch/meta/list.hpp"
#include "etch/meta/text.hpp"
#include "etch/shape/shape.hpp"

namespace etch {

/// What a network reads: pictures `Input<height, width, channels>` or vectors `Input<units>`.
template <int... Extents>
struct Input {};

/// One layer in its place: its index, counted from 0 after the input, and the shape it gets.
template <std::size_t Index, class L, class I>
struct Step {
  using Layer = L;
  using In = I;
  using Out = typename Layer::template Output<In>;
  static_assert(sizeof(typename Layer::template Requirements<Index, In>) > 0);

  static constexpr std::size_t index = Index;
  static constexpr auto variables = variables_of<Layer, In>();
  static constexpr bool has_variables = !variables.empty();
  static constexpr std::uint64_t flops = flops_of<Layer, In>();

  /// "3_conv2d": one name in summaries, files, messages and benchmarks.
  static constexpr auto name = meta::decimal<Index>() + meta::Text("_") +
                               meta::Text<Layer::name.size()>(std::string_view(Layer::name));

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

// What the list itself may require; the layers' own requirements stand with the layers.

template <class T>
struct is_input {
  static constexpr bool value = false;
};
template <int... Extents>
struct is_input<Input<Extents...>> {
  static constexpr bool value =
      (sizeof...(Extents) == 1 || sizeof...(Extents) == 3) && ((Extents >= 1) && ...);
};

template <std::size_t Index, class T>
struct is_layer {
  static constexpr bool value = IsLayer<T>;
};

template <class... Layers>
struct has_layers {
  static constexpr bool value = sizeof...(Layers) > 0;
};

namespace detail {

template <class T>
struct input_shape {
  using type = Shape<1>;
};
template <int... Extents>
struct input_shape<Input<Extents...>> {
  using type = std::conditional_t<is_input<Input<Extents...>>::value, Shape<Extents...>, Shape<1>>;
};

/// Stands for what is no layer, so that the compiler has nothing further to complain about.
struct NoLayer {
  static constexpr std::string_view name = "no_layer";
  template <class In>
  using Output = In;
  template <std::size_t Index, class In>
  struct Requirements {};
};

template <class Shape>
struct Fold {
  using Steps = meta::mp_list<>;
  using Out = Shape;
};
template <class Done, class T>
struct Folded {
  static constexpr std::size_t index = meta::mp_size<typename Done::Steps>::value;
  static_assert(is_layer<index, T>::value,
                "etch: Network: requires layers after its input, another type came; list layers "
                "such as Dense<10> or ReLU, without nesting");
  using Here = Step<index, std::conditional_t<IsLayer<T>, T, NoLayer>, typename Done::Out>;
  using Steps = meta::mp_push_back<typename Done::Steps, Here>;
  using Out = typename Here::Out;
};

}  // namespace detail

/// A neural network: a flat list of layers in the order of the data.
///
///   using Net = etch::Network<etch::Input<28, 28, 1>, etch::Dense<10>>;
///
/// The layers' shapes follow from the input; a picture that reaches a Dense is flattened.
template <class In, class... Layers>
struct Network {
  static_assert(is_input<In>::value,
                "etch: Network: requires Input<height, width, channels> or Input<units>, all at "
                "least 1, as its first argument, another type came; begin with the input");
  static_assert(has_layers<Layers...>::value,
                "etch: Network: requires at least one layer after its input, none came; add one, "
                "such as Dense<10>");

  using Input = typename detail::input_shape<In>::type;
  // Without a proper input no layer is looked at: its complaints would be about no real shape.
  using Checked =
      std::conditional_t<is_input<In>::value, meta::mp_list<Layers...>, meta::mp_list<>>;
  using Fold = meta::mp_fold<Checked, detail::Fold<Input>, detail::Folded>;
  using Steps = typename Fold::Steps;
  using Output = typename Fold::Out;

  static constexpr std::size_t size = meta::mp_size<Steps>::value;
  template <std::size_t Index>
  using step = meta::mp_at_c<Steps, Index>;

  /// Calls `f.template operator()<Step>()` for every step in order.
  template <class F>
  static constexpr void for_each_step(F&& f) {
    meta::for_each_index<size>([&]<std::size_t I>() { f.template operator()<step<I>>(); });
  }

  /// The first layer with parameters: gradients of the data are not needed before it.
  static constexpr std::size_t first_trained = [] {
    std::size_t first = size;
    for_each_step([&]<class Step>() {
      if (Step::has_variables && first == size) first = Step::index;
    });
    return first;
  }();

  /// What training finds: weights and biases, as TensorFlow counts them.
  static constexpr std::size_t parameters = [] {
    std::size_t sum = 0;
    for_each_step([&]<class Step>() { sum += Step::parameters; });
    return sum;
  }();

  /// Multiplications and additions of one sample forward: two for every product that is summed,
  /// none for what meets padding, and none for biases and elementwise layers.
  static constexpr std::uint64_t flops_forward = [] {
    std::uint64_t sum = 0;
    for_each_step([&]<class Step>() { sum += Step::flops; });
    return sum;
  }();

  /// The same backward: a gradient of the weights, and of the data where a layer before needs it.
  static constexpr std::uint64_t flops_backward = [] {
    std::uint64_t sum = 0;
    for_each_step([&]<class Step>() {
      if (Step::has_variables) sum += Step::flops;
      if (Step::index > first_trained) sum += Step::flops;
    });
    return sum;
  }();
};

}  // namespace etch

#endif
