// Pictures in, the network's output out.

#if defined(ETCH_NET_INFERENCE_INL_HPP) == defined(HWY_TARGET_TOGGLE)
#ifdef ETCH_NET_INFERENCE_INL_HPP
#undef ETCH_NET_INFERENCE_INL_HPP
#else
#define ETCH_NET_INFERENCE_INL_HPP
#endif

#include "etch/net/sweep-inl.hpp"
#include "etch/net/workspace.hpp"

HWY_BEFORE_NAMESPACE();
namespace etch::HWY_NAMESPACE {

/// The output for pictures [first, first + rows), rows <= inference_rows, in `workspace`.
template <class Net>
void infer(const float* parameters, const Pictures& pictures, std::size_t first, int rows,
           Workspace<Net>& workspace) {
  float* activations = workspace.activations.data();
  gather<typename Net::Input>(pictures, first, rows, activations);
  const Sweep<Net> sweep{parameters, activations, inference_rows, 0, rows, Context()};
  sweep.forward();
}

}  // namespace etch::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
