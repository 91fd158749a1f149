#ifndef ETCH_NET_CHECKED_LAYER_HPP
#define ETCH_NET_CHECKED_LAYER_HPP

#include <cstddef>

#include "etch/layer/contract.hpp"
#include "etch/shape/shape.hpp"

namespace etch {

// What a network asks of every layer, before what the layer itself requires: that it is as
// layer/contract.hpp says. Most of its members may be missing, so that one in another form would be
// taken for none.

template <std::size_t Index, class Layer, class In>
struct has_output {
  static constexpr bool value = requires {
    requires is_shape<typename Layer::template Output<In>>::value;
  };
};

template <std::size_t Index, class Layer, class In>
struct has_requirements {
  static constexpr bool value = requires { typename Layer::template Requirements<Index, In>; };
};

// Whether member<In>(...) can be called, or nothing has that name.
#define ETCH_FITS(member, ...)                              \
  (requires { Layer::template member<In>(__VA_ARGS__); } || \
   !(                                                       \
       requires { &Layer::member; } || requires { &Layer::template member<In>; }))

template <std::size_t Index, class Layer, class In>
struct fits_contract {
  static constexpr bool optional_members =
      ETCH_FITS(flops) && ETCH_FITS(gradient_flops) && ETCH_FITS(variables) && ETCH_FITS(saved) &&
      ETCH_FITS(scratch, 1) && ETCH_FITS(forward_scratch) && ETCH_FITS(updating_tiles) &&
      ETCH_FITS(data_gradient_over_x);
  static constexpr bool value = [] {
    if constexpr (requires { Layer::template variables<In>(); }) {
      return optional_members && requires {
        Layer::template place<In>(std::size_t{0}, std::size_t{0});
      };
    } else {
      return optional_members;
    }
  }();
};

#undef ETCH_FITS

/// Each variable's floats, padding included, hold its elements.
template <std::size_t Index, class Layer, class In>
struct variables_hold_elements {
  static constexpr bool value = [] {
    for (const Variable& variable : variables_of<Layer, In>()) {
      if (variable.floats < variable.size()) return false;
    }
    return true;
  }();
};

/// Of each variable fewer than 2^30 floats: kernels count them by int.
template <std::size_t Index, class Layer, class In>
struct variables_fit {
  static constexpr bool value = [] {
    for (const Variable& variable : variables_of<Layer, In>()) {
      if (variable.floats >= std::size_t{1} << 30) return false;
    }
    return true;
  }();
};

namespace detail {

// Classes of their own, because clang leaves out of a class what follows a failed assertion.

template <std::size_t Index, class Layer, class In>
struct CheckedForm {
  static_assert(has_output<Index, Layer, In>::value,
                "etch: Network: requires of each layer an Output<In> that is a Shape, a layer "
                "without came; write how its output follows from In, see docs/adding-a-layer.md");
  static_assert(has_requirements<Index, Layer, In>::value,
                "etch: Network: requires of each layer Requirements<Index, In>, a layer without "
                "came; write an empty one, or what it refuses, see docs/adding-a-layer.md");
  static_assert(fits_contract<Index, Layer, In>::value,
                "etch: Network: requires a layer's members in the form of etch/layer/contract.hpp, "
                "another came; write `template <class In> static constexpr` before variables(), "
                "place() or flops()");
};

template <std::size_t Index, class Layer, class In>
struct CheckedVariables {
  static_assert(variables_hold_elements<Index, Layer, In>::value,
                "etch: Network: requires as many floats for a layer's Variable as its extents "
                "have elements, fewer came; count them, and the padding behind them");
  static_assert(variables_fit<Index, Layer, In>::value,
                "etch: Network: requires fewer than 2^30 floats for the weights of a layer, more "
                "came; use fewer units or filters, or make its input smaller, as by MaxPool2D<2>");
};

/// A layer that has none requires nothing.
template <std::size_t Index, class Layer, class In,
          bool = has_requirements<Index, Layer, In>::value>
struct RequirementsOf {
  using type = typename Layer::template Requirements<Index, In>;
};
template <std::size_t Index, class Layer, class In>
struct RequirementsOf<Index, Layer, In, false> {
  using type = Layer;
};

template <std::size_t Index, class Layer, class In>
struct CheckedLayer {
  static_assert(sizeof(CheckedForm<Index, Layer, In>) > 0);
  static_assert(sizeof(typename RequirementsOf<Index, Layer, In>::type) > 0);
  static_assert(sizeof(CheckedVariables<Index, Layer, In>) > 0);
};

/// A layer that has none passes its input on, so that the compiler has nothing further to complain
/// about.
template <std::size_t Index, class Layer, class In, bool = has_output<Index, Layer, In>::value>
struct OutputOf {
  using type = typename Layer::template Output<In>;
};
template <std::size_t Index, class Layer, class In>
struct OutputOf<Index, Layer, In, false> {
  using type = In;
};

}  // namespace detail
}  // namespace etch

#endif
