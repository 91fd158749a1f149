// MaxPool2D<Size, Stride, Padding>: the largest pixel under a sliding window, channel by channel
// (TensorFlow's MaxPool).

#ifndef ETCH_LAYER_MAX_POOL2D_HPP
#define ETCH_LAYER_MAX_POOL2D_HPP

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>

#include "etch/base/round.hpp"
#include "etch/kernel/max_pool2d_sizes.hpp"
#include "etch/layer/contract.hpp"
#include "etch/layer/requirements.hpp"
#include "etch/shape/window.hpp"

namespace etch {

/// In: Shape<H, W, C>. Out: a pixel for each place of the window, C channels.
template <int Size, int Stride = Size, class Padding = Valid>
struct MaxPool2D {
  static constexpr std::string_view name = "max_pool2d";
  static constexpr int window = Size, stride = Stride;
  using padding = Padding;
  static constexpr Traits traits{.selects = true, .fuses_forward = true};
  static constexpr Reads data_gradient_reads{.x = false, .y = false};

  template <class In>
  static constexpr Window rows = slide<Padding>(In::height, Size, Stride);
  template <class In>
  static constexpr Window columns = slide<Padding>(In::width, Size, Stride);

  template <class In>
  using Output = Shape<rows<In>.out, columns<In>.out, In::channels>;

  template <class In>
  static constexpr MaxPool2DSizes selection{rows<In>, columns<In>, In::channels};

  /// Says which pixel of a window was selected.
  using Number = std::conditional_t<(Size <= 16), std::uint8_t, std::int32_t>;

  /// A number for each element of the output. To find it again from the input took the data
  /// gradient twice as long (28x28x16, eight samples, window by window: 8.0 µs, 4.0); to keep it
  /// takes the forward pass 7 % longer (2.0 µs, 2.1 by seven windows), or a third where channels
  /// leave vectors half empty.
  template <class In>
  static constexpr std::size_t saved() {
    return ceil_div(selection<In>.numbers() * sizeof(Number), sizeof(float));
  }

  template <std::size_t Index, class In>
  struct Requirements {
    static_assert(takes_picture<Index, MaxPool2D, In>::value,
                  "etch: MaxPool2D: requires a picture of height, width and channels, a vector "
                  "came; put it before the first Dense");
    static_assert(has_window<Index, MaxPool2D, In>::value,
                  "etch: MaxPool2D<Size>: requires a window of at least 1 pixel, a smaller one "
                  "came; write its side, as in MaxPool2D<2>");
    static_assert(has_padding<Index, MaxPool2D, In>::value,
                  "etch: MaxPool2D<Size, Stride, Padding>: requires Same or Valid as its padding, "
                  "another type came; write one of them, as in MaxPool2D<3, 2, Same>");
    static_assert(moves<Index, MaxPool2D, In>::value,
                  "etch: MaxPool2D<Size, Stride>: requires a stride of at least 1, a smaller one "
                  "came; leave it out for a stride of Size");
    static_assert(window_fits<Index, MaxPool2D, In>::value,
                  "etch: MaxPool2D<Size, Stride, Valid>: requires a window no larger than its "
                  "input, a larger one came; make Size smaller or pad with Same");
  };
};

}  // namespace etch

#endif

#if defined(ETCH_LAYER_MAX_POOL2D_INL_HPP) == defined(HWY_TARGET_TOGGLE)
#ifdef ETCH_LAYER_MAX_POOL2D_INL_HPP
#undef ETCH_LAYER_MAX_POOL2D_INL_HPP
#else
#define ETCH_LAYER_MAX_POOL2D_INL_HPP
#endif

#include "etch/kernel/max_pool2d-inl.hpp"
#include "etch/layer/passes-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace etch::HWY_NAMESPACE {

template <int Size, int Stride, class Padding, class In>
struct Passes<MaxPool2D<Size, Stride, Padding>, In> {
  using Layer = MaxPool2D<Size, Stride, Padding>;
  using Out = typename Layer::template Output<In>;
  static constexpr MaxPool2DSizes sizes = Layer::template selection<In>;

  template <class Finish = Unchanged>
  static HWY_NOINLINE void forward(const Context& context, const float* x, const float* const*,
                                   float* y, int samples, const Finish& finish = {}) {
    const auto pool = [&](int n, auto selected) HWY_ATTR {
      max_pool2d_forward<sizes>(x + n * In::stride, y + n * Out::stride, selected, finish);
    };
    for (int n = 0; n < samples; ++n) {
      context.saved == nullptr ? pool(n, nullptr) : pool(n, selected(context, n));
    }
  }

  static HWY_NOINLINE void data_gradient(const Context& context, const float*, const float*,
                                         const float* const*, const float* dy, float* dx,
                                         int samples) {
    for (int n = 0; n < samples; ++n) {
      max_pool2d_data_gradient<sizes>(selected(context, n), dy + n * Out::stride,
                                      dx + n * In::stride);
    }
  }

 private:
  using Number = typename Layer::Number;
  static Number* selected(const Context& context, int n) {
    return reinterpret_cast<Number*>(context.saved + n * saved_stride<Layer, In>);
  }
};

}  // namespace etch::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
