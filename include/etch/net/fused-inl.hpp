// The passes of a layer that does the work of a neighbour.

#if defined(ETCH_NET_FUSED_INL_HPP) == defined(HWY_TARGET_TOGGLE)
#ifdef ETCH_NET_FUSED_INL_HPP
#undef ETCH_NET_FUSED_INL_HPP
#else
#define ETCH_NET_FUSED_INL_HPP
#endif

#include "etch/layer/passes-inl.hpp"
#include "etch/net/fused.hpp"

HWY_BEFORE_NAMESPACE();
namespace etch::HWY_NAMESPACE {

template <class Layer, class R, class In>
struct Passes<FusedForward<Layer, R>, In> : Passes<Layer, In> {
  static void forward(const Context& context, const float* x, const float* const* variables,
                      float* y, int rows) {
    Passes<Layer, In>::forward_fused(context, x, variables, y, rows, Rectify());
  }
};

template <class R, class Layer, class In>
struct Passes<FusedDataGradient<R, Layer>, In> : Passes<Layer, In> {
  static void data_gradient(const Context& context, const float* x, const float* y,
                            const float* const* variables, const float* dy, float* dx, int rows) {
    const float* rectified = Layer::fused_data_gradient_reads.x ? x : y;
    Passes<Layer, In>::data_gradient_fused(context, x, y, variables, dy, dx, rows,
                                           WherePositive{rectified, dx});
  }
};

}  // namespace etch::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
