#ifndef ETCH_NET_NETWORK_HPP
#define ETCH_NET_NETWORK_HPP

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "etch/layer/contract.hpp"
#include "etch/meta/list.hpp"
#include "etch/net/rewrite.hpp"
#include "etch/net/step.hpp"
#include "etch/shape/shape.hpp"

namespace etch {

// What a network's memory is, other headers say: net/arena.hpp, net/workspace.hpp, and of training
// train/step_state.hpp and the optimisers'.
template <class Net>
struct Arena;
template <class Net, int Rows>
struct Workspace;
template <class Net, int Batch, class Optimizer>
struct StepState;
struct SGD;

template <int Units>
struct Dense;
template <class In, class... Layers>
struct Network;

/// What a network reads: pictures `Input<height, width, channels>` or vectors `Input<units>`.
template <int... Extents>
struct Input {};

// What the list itself may require; the layers' own requirements stand with the layers.

template <class T>
struct is_input {
  static constexpr bool value = false;
};
template <int... Extents>
struct is_input<Input<Extents...>> {
  static constexpr bool value = has_extents<Extents...>::value;
};

template <std::size_t Index, class T, class In>
struct is_layer {
  static constexpr bool value = IsLayer<T>;
};

template <class... Layers>
struct has_layers {
  static constexpr bool value = sizeof...(Layers) > 0;
};

template <std::size_t Index, class Net>
struct has_layer {
  static constexpr bool value = Index < Net::size;
};

// What all that is made of a network requires.

namespace detail {
template <class In, class... Layers>
void as_network(const Network<In, Layers...>&);
}

/// A Network, or what derives from one.
template <class T>
struct is_network {
  static constexpr bool value = requires(const T& net) { detail::as_network(net); };
};

namespace detail {

template <class T>
struct NetworkRequirements {
  static_assert(is_network<T>::value,
                "etch: network: requires a Network, another type came; write Network<Input<...>, "
                "layers...>, and where a Model or Trainer came, the network that it has");
};

/// A small one stands in for what is none, so that the compiler has nothing further to complain
/// about.
template <class T, bool = is_network<T>::value>
struct CheckedNetwork {
  using type = T;
};
template <class T>
struct CheckedNetwork<T, false> {
  static_assert(sizeof(NetworkRequirements<T>) > 0);
  using type = Network<Input<1>, Dense<2>>;
};
template <class T>
using checked_network = typename CheckedNetwork<T>::type;

template <class In, class... Layers>
struct ListRequirements {
  static_assert(is_input<In>::value,
                "etch: Network: requires Input<height, width, channels> or Input<units>, all at "
                "least 1, as its first argument, another type came; begin with the input");
  static_assert(has_layers<Layers...>::value,
                "etch: Network: requires at least one layer after its input, none came; add one, "
                "such as Dense<10>");
};

/// What is no input counts as a picture that suits almost all layers, so that the compiler has
/// nothing further to complain about.
template <class T, bool = is_input<T>::value>
struct input_shape {
  using type = Shape<256, 256, 1>;
};
template <int... Extents>
struct input_shape<Input<Extents...>, true> {
  using type = Shape<Extents...>;
};

template <std::size_t Index, class T, class In>
struct ListedRequirements {
  static_assert(is_layer<Index, T, In>::value,
                "etch: Network: requires layers after its input, another type came; list layers "
                "such as Dense<10> or ReLU, without nesting");
};

template <class Shape>
struct Fold {
  using Steps = meta::mp_list<>;
  using Out = Shape;
};
template <class Done, class Layer>
struct Folded {
  using Here = Step<meta::mp_size<typename Done::Steps>::value, Layer, typename Done::Out>;
  using Steps = meta::mp_push_back<typename Done::Steps, Here>;
  using Out = typename Here::Out;
};
/// What is no layer is left out, to the same end.
template <class Done, class T>
struct LeftOut : Done {
  static constexpr std::size_t index = meta::mp_size<typename Done::Steps>::value;
  static_assert(sizeof(ListedRequirements<index, T, typename Done::Out>) > 0);
};
template <class Done, class T>
using append = std::conditional_t<IsLayer<T>, Folded<Done, T>, LeftOut<Done, T>>;

template <std::size_t Index, class Net>
struct IndexRequirements {
  static_assert(has_layer<Index, Net>::value,
                "etch: Network: requires the index of a layer, counted from 0 after the input, a "
                "larger one came; see summary<Net>() for the indices");
};

/// The first step stands in for one that is not there, to the same end.
template <std::size_t Index, class Net>
struct StepAt {
  static_assert(sizeof(IndexRequirements<Index, Net>) > 0);
  using type = meta::mp_at_c<typename Net::Steps, (Index < Net::size ? Index : 0)>;
};

}  // namespace detail

/// A neural network: a flat list of layers in the order of the data.
///
///   using Net = etch::Network<etch::Input<28, 28, 1>, etch::Dense<10>>;
///
/// The layers' shapes follow from the input; a picture that reaches a Dense is flattened.
template <class In, class... Layers>
struct Network {
  // As in Step: clang goes on with this class where another one fails an assertion.
  static_assert(sizeof(detail::ListRequirements<In, Layers...>) > 0);

  using Input = typename detail::input_shape<In>::type;
  using Fold = meta::mp_fold<meta::mp_list<Layers...>, detail::Fold<Input>, detail::append>;
  using Steps = typename Fold::Steps;
  using Output = typename Fold::Out;
  using Executed = rewritten<Steps>;  // what sweeps do, and memory is planned for

  static constexpr std::size_t size = meta::mp_size<Steps>::value;
  template <std::size_t Index>
  using step = typename detail::StepAt<Index, Network>::type;

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

  /// The same backward, as written: a gradient of the weights, and of the data where a layer before
  /// needs it.
  static constexpr std::uint64_t flops_backward = [] {
    std::uint64_t sum = 0;
    for_each_step([&]<class Step>() {
      if (Step::has_variables) sum += Step::gradient_flops;
      if (Step::index > first_trained) sum += Step::gradient_flops;
    });
    return sum;
  }();

  /// Bytes that inference of `Rows` pictures at a time takes on the heap, all of them allocated at
  /// construction: the parameters and a Workspace. With 1 it is what a Model takes.
  template <int Rows>
  static constexpr std::size_t inference_bytes = sizeof(float) *
                                                 (Arena<Network>::parameters.floats +
                                                  Workspace<Network, Rows>::floats);

  /// Bytes that training takes, likewise: a Model and its Trainer, on one thread and without a
  /// profile.
  template <int Batch, class Optimizer = SGD>
  static constexpr std::size_t training_bytes = inference_bytes<1> +
                                                StepState<Network, Batch, Optimizer>::bytes(1);
};

}  // namespace etch

#endif
