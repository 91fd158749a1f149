#ifndef ETCH_NET_FUSED_HPP
#define ETCH_NET_FUSED_HPP

#include "etch/layer/contract.hpp"
#include "etch/meta/text.hpp"

namespace etch {

// Layers that do the work of a neighbour R that rectifies, in registers, so that R needs no pass
// over memory. Networks are executed with them; nobody writes them. Passes: see fused-inl.hpp.

/// `Layer`, then R, forward.
template <class Layer, class R>
struct FusedForward : Layer {
  static constexpr auto joined = meta::Text<Layer::name.size()>(std::string_view(Layer::name)) +
                                 meta::Text("+") +
                                 meta::Text<R::name.size()>(std::string_view(R::name));
  static constexpr std::string_view name = joined;
};

/// The data gradient of `Layer`, then that of R, which is before it.
template <class R, class Layer>
struct FusedDataGradient : Layer {
  static constexpr Reads data_gradient_reads = Layer::fused_data_gradient_reads;
};

}  // namespace etch

#endif
