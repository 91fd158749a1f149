// ReLU: max(x, 0) (TensorFlow's Relu and ReluGrad: the gradient passes where x > 0).

#ifndef ETCH_LAYER_RELU_HPP
#define ETCH_LAYER_RELU_HPP

#include "etch/layer/contract.hpp"

namespace etch {

/// Any shape, unchanged.
struct ReLU {
  static constexpr std::string_view name = "relu";
  static constexpr Reads data_gradient_reads{.x = false, .y = true};  // y > 0 where x > 0
  static constexpr Traits traits{.in_place = true, .monotone = true, .rectifies = true};

  template <class In>
  using Output = In;

  template <std::size_t Index, class In>
  struct Requirements {};
};

}  // namespace etch

#endif

#if defined(ETCH_LAYER_RELU_INL_HPP) == defined(HWY_TARGET_TOGGLE)
#ifdef ETCH_LAYER_RELU_INL_HPP
#undef ETCH_LAYER_RELU_INL_HPP
#else
#define ETCH_LAYER_RELU_INL_HPP
#endif

#include "etch/kernel/elementwise-inl.hpp"
#include "etch/layer/passes-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace etch::HWY_NAMESPACE {

template <class In>
struct Passes<ReLU, In> {
  static HWY_NOINLINE void forward(const Context&, const float* x, const float* const*, float* y,
                                   int rows) {
    finish_all(x, y, rows * In::stride, Rectify());
  }

  static HWY_NOINLINE void data_gradient(const Context&, const float*, const float* y,
                                         const float* const*, const float* dy, float* dx,
                                         int rows) {
    finish_all(dy, dx, rows * In::stride, WherePositive{y, dx});
  }
};

}  // namespace etch::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
