// LeakyReLU<Slope>: x where it is positive, Slope * x elsewhere (TensorFlow's LeakyRelu).

#ifndef LEAKY_RELU_HPP
#define LEAKY_RELU_HPP

#include <etch/layer/contract.hpp>

template <float Slope = 0.2f>
struct LeakyReLU {
  static constexpr std::string_view name = "leaky_relu";

  template <class In>
  using Output = In;

  template <std::size_t Index, class In>
  struct leaks {
    static constexpr bool value = Slope >= 0 && Slope < 1;
  };

  template <std::size_t Index, class In>
  struct Requirements {
    static_assert(leaks<Index, In>::value,
                  "etch: LeakyReLU<Slope>: requires a slope from 0 to below 1, another came; write "
                  "the share of negative inputs that passes, as in LeakyReLU<0.2f>");
  };
};

#endif

#if defined(LEAKY_RELU_INL_HPP) == defined(HWY_TARGET_TOGGLE)
#ifdef LEAKY_RELU_INL_HPP
#undef LEAKY_RELU_INL_HPP
#else
#define LEAKY_RELU_INL_HPP
#endif

#include <etch/kernel/elementwise-inl.hpp>
#include <etch/layer/passes-inl.hpp>

HWY_BEFORE_NAMESPACE();
namespace etch::HWY_NAMESPACE {

template <float Slope, class In>
struct Passes<LeakyReLU<Slope>, In> {
  static void forward(const Context&, const float* x, const float* const*, float* y, int rows) {
    map(x, y, rows * In::stride,
        [](Vec v) ETCH_LAMBDA { return hn::Max(v, hn::Mul(v, hn::Set(float_tag, Slope))); });
  }

  static void data_gradient(const Context&, const float* x, const float*, const float* const*,
                            const float* dy, float* dx, int rows) {
    map(x, dy, dx, rows * In::stride, [](Vec v, Vec gradient) ETCH_LAMBDA {
      const Vec leaked = hn::Mul(gradient, hn::Set(float_tag, Slope));
      return hn::IfThenElse(hn::Gt(v, hn::Zero(float_tag)), gradient, leaked);
    });
  }
};

}  // namespace etch::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
