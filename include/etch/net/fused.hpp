#ifndef ETCH_NET_FUSED_HPP
#define ETCH_NET_FUSED_HPP

#include <algorithm>
#include <cstddef>
#include <string_view>

#include "etch/layer/contract.hpp"
#include "etch/meta/text.hpp"

namespace etch {

// Layers that do the work of a neighbour in registers, so that it needs no pass over memory.
// Networks are executed with them; nobody writes them. Passes: see fused-inl.hpp.

/// "dense+relu".
template <class First, class Second>
inline constexpr auto joined_name =
    meta::Text<First::name.size()>(std::string_view(First::name)) + meta::Text("+") +
    meta::Text<Second::name.size()>(std::string_view(Second::name));

/// R, which rectifies, then D, which drops and is layer `Index` of its network. What passes is
/// positive, so that y tells where gradient does.
template <class R, class D, std::size_t Index>
struct Joined {
  static constexpr auto joined = joined_name<R, D>;
  static constexpr std::string_view name = joined;
  static constexpr Reads data_gradient_reads{.x = false, .y = true};
  static constexpr Traits traits{.in_place = true, .rectifies = true};

  template <class In>
  using Output = In;

  template <std::size_t, class In>
  struct Requirements {};

  template <class In>
  static constexpr std::size_t scratch(int rows) {
    return scratch_of<D, In>(rows);
  }
};

/// `Layer`, then S, which selects from its output: of each sample that output is but in the scratch
/// memory, and its gradient nowhere.
template <class Layer, class S>
struct FusedSelection : Layer {
  static constexpr auto joined = joined_name<Layer, S>;
  static constexpr std::string_view name = joined;
  static constexpr bool weight_gradient_reads_saved = true;
  static constexpr Traits traits{.fuses_forward = true,
                                 .fuses_data_gradient = traits_of<Layer>().fuses_data_gradient};

  template <class In>
  using Between = typename Layer::template Output<In>;
  template <class In>
  static constexpr auto selection = S::template selection<Between<In>>;
  template <class In>
  using Output = typename S::template Output<Between<In>>;

  template <class In>
  static constexpr std::uint64_t gradient_flops() {
    return flops_of<Layer, In>() * Output<In>::size / Between<In>::size;
  }

  template <class In>
  static constexpr std::size_t saved() {
    return saved_of<S, Between<In>>();
  }

  template <class In>
  static constexpr std::size_t forward_scratch() {
    return forward_scratch_of<Layer, In>() + Between<In>::stride;
  }

  template <class In>
  static constexpr std::size_t scratch(int) {
    return std::max(forward_scratch<In>(), Layer::template selected_scratch<In, selection<In>>());
  }
};

/// `Layer`, then R, which rectifies, forward.
template <class Layer, class R>
struct FusedForward : Layer {
  static constexpr auto joined = joined_name<Layer, R>;
  static constexpr std::string_view name = joined;

  template <class In>
  static constexpr std::size_t scratch(int rows) {
    return std::max(
        scratch_of<Layer, In>(rows),
        forward_scratch_of<Layer, In>() + scratch_of<R, typename Layer::template Output<In>>(rows));
  }
};

/// The data gradient of `Layer`, then that of R, which is before it and rectifies.
template <class R, class Layer>
struct FusedDataGradient : Layer {
  static constexpr Reads data_gradient_reads{.x = true, .y = data_gradient_reads_of<Layer>().y};
};

}  // namespace etch

#endif
