// Pictures in, the network's output out.

#if defined(ETCH_NET_INFERENCE_INL_HPP) == defined(HWY_TARGET_TOGGLE)
#ifdef ETCH_NET_INFERENCE_INL_HPP
#undef ETCH_NET_INFERENCE_INL_HPP
#else
#define ETCH_NET_INFERENCE_INL_HPP
#endif

#include "etch/net/sweep-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace etch::HWY_NAMESPACE {

/// The output for pictures [first, first + rows) in `workspace`, which has a place for `places` of
/// each activation, rows <= places, and scratch memory behind them.
template <class Net>
void infer(const float* parameters, const Pictures& pictures, std::size_t first, int rows,
           float* workspace, int places) {
  const Storage memory{.transient = workspace, .tile = places};
  const Arrays<Net> arrays(inference_plan<Net>, memory, 0);
  const float* input = readable_in_place<typename Net::Input>(pictures, first);
  if (input == nullptr) {
    gather<typename Net::Input>(pictures, first, rows, arrays.input());
    input = arrays.input();
  }
  Context context;
  context.scratch = workspace + static_cast<std::size_t>(places) * inference_plan<Net>.transient;
  Sweep<Net>{parameters, arrays, input, 0, rows, context}.forward();
}

}  // namespace etch::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
