// A layer's passes as ordinary functions of each SIMD target, for the laws to call.

#if defined(ETCH_TEST_LAWS_PASSES_INL_HPP) == defined(HWY_TARGET_TOGGLE)
#ifdef ETCH_TEST_LAWS_PASSES_INL_HPP
#undef ETCH_TEST_LAWS_PASSES_INL_HPP
#else
#define ETCH_TEST_LAWS_PASSES_INL_HPP
#endif

#include "etch/layer/passes-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace etch::HWY_NAMESPACE {

template <class Layer, class In>
void forward(const Context& context, const float* x, const float* const* variables, float* y,
             int rows) {
  Passes<Layer, In>::forward(context, x, variables, y, rows);
}

template <class Layer, class In>
void data_gradient(const Context& context, const float* x, const float* y,
                   const float* const* variables, const float* dy, float* dx, int rows) {
  Passes<Layer, In>::data_gradient(context, x, y, variables, dy, dx, rows);
}

template <class Layer, class In>
int gradient_tiles() {
  return Passes<Layer, In>::gradient_tiles;
}

template <class Layer, class In>
void weight_gradient(const Context& context, int tile, const float* x, const float* dy,
                     float* const* gradients, int rows) {
  Passes<Layer, In>::weight_gradient(context, tile, x, dy, gradients, rows);
}

}  // namespace etch::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
