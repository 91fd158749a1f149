// Conv2D<Filters, Kernel, Padding, Stride>: a window of weights slides over a picture
// (TensorFlow's Conv2D in NHWC, and BiasAdd).

#ifndef ETCH_LAYER_CONV2D_HPP
#define ETCH_LAYER_CONV2D_HPP

#include <algorithm>

#include "etch/kernel/channels.hpp"
#include "etch/kernel/conv2d_layout.hpp"
#include "etch/kernel/conv2d_pairs_layout.hpp"
#include "etch/kernel/conv2d_pooled_layout.hpp"
#include "etch/kernel/conv2d_winograd_layout.hpp"
#include "etch/layer/contract.hpp"
#include "etch/layer/requirements.hpp"

namespace etch {

/// In: Shape<H, W, C>. Out: a pixel for each place of the window, Filters channels.
/// kernel [Kernel][Kernel][C][Filters], bias [Filters].
template <int Filters, int Kernel, class Padding = Same, int Stride = 1>
struct Conv2D {
  static constexpr std::string_view name = "conv2d";
  static constexpr int filters = Filters, window = Kernel, stride = Stride;
  using padding = Padding;
  static constexpr Reads data_gradient_reads{.x = false, .y = false};
  static constexpr Traits traits{.fuses_forward = true, .fuses_data_gradient = true};

  template <class In>
  static constexpr Window rows = slide<Padding>(In::height, Kernel, Stride);
  template <class In>
  static constexpr Window columns = slide<Padding>(In::width, Kernel, Stride);

  template <class In>
  using Output = Shape<rows<In>.out, columns<In>.out, (Filters < 1 ? 1 : Filters)>;

  template <std::size_t Index, class In>
  struct Requirements {
    static_assert(takes_picture<Index, Conv2D, In>::value,
                  "etch: Conv2D: requires a picture of height, width and channels, a vector came; "
                  "put it before the first Dense");
    static_assert(has_filters<Index, Conv2D, In>::value,
                  "etch: Conv2D<Filters, Kernel>: requires at least 1 filter, fewer came; write "
                  "the number of output channels, as in Conv2D<16, 5>");
    static_assert(has_window<Index, Conv2D, In>::value,
                  "etch: Conv2D<Filters, Kernel>: requires a window of at least 1 pixel, a smaller "
                  "one came; write its side, as in Conv2D<16, 5>");
    static_assert(has_padding<Index, Conv2D, In>::value,
                  "etch: Conv2D<Filters, Kernel, Padding>: requires Same or Valid as its padding, "
                  "another type came; write one of them, as in Conv2D<16, 5, Same>");
    static_assert(moves<Index, Conv2D, In>::value,
                  "etch: Conv2D<Filters, Kernel, Padding, Stride>: requires a stride of at least "
                  "1, a smaller one came; leave it out for 1");
    static_assert(window_fits<Index, Conv2D, In>::value,
                  "etch: Conv2D<Filters, Kernel, Valid>: requires a window no larger than its "
                  "input, a larger one came; make Kernel smaller or pad with Same");
  };

  template <class In>
  static constexpr Conv2DSizes sizes{
      rows<In>, columns<In>, In::channels, Output<In>::channels, In::stride, Output<In>::stride};

  /// Products with real pixels: what the window covers beyond the border is not counted.
  template <class In>
  static constexpr std::uint64_t flops() {
    return 2 * static_cast<std::uint64_t>(rows<In>.taps()) *
           static_cast<std::uint64_t>(columns<In>.taps()) * std::uint64_t{In::channels} * Filters;
  }

  template <class In>
  static constexpr std::array<Variable, 2> variables() {
    constexpr int fan_in = Kernel * Kernel * In::channels;
    return {
        {{"kernel", {Kernel, Kernel, In::channels, Filters}, 4, sizes<In>.weights(), fan_in, true},
         {"bias", {Filters}, 1, sizes<In>.biases(), fan_in, false}}};
  }

  template <class In>
  static constexpr std::size_t place(std::size_t variable, std::size_t i) {
    if (variable != 0) return i;
    const int element = static_cast<int>(i), tap = element / Filters / In::channels;
    return sizes<In>.place(tap / Kernel, tap % Kernel, element / Filters % In::channels,
                           element % Filters);
  }

  /// See channels.hpp.
  template <class In>
  static constexpr bool data_gradient_over_x() {
    return channels_fill_vectors(In::channels);
  }

  template <class In>
  static constexpr Conv2DWinogradSizes winograd{sizes<In>};

  template <class In>
  static constexpr Conv2DPairsSizes pairs = Conv2DPairsSizes::forward(sizes<In>);
  template <class In>
  static constexpr Conv2DPairsGradientSizes pairs_gradient{sizes<In>};

  template <class In>
  static constexpr std::size_t forward_scratch() {
    return std::max(winograd<In>.better() ? winograd<In>.scratch() : 0,
                    pairs<In>.better() ? pairs<In>.scratch() : 0);
  }

  template <class In>
  static constexpr std::size_t scratch(int) {
    return std::max({sizes<In>.data_gradient_scratch(), forward_scratch<In>(),
                     pairs_gradient<In>.better() ? pairs_gradient<In>.scratch() : 0});
  }

  template <class In, MaxPool2DSizes pool>
  static constexpr Conv2DPooledSizes pooled{
      sizes<In>, pool, Shape<pool.rows.out, pool.columns.out, pool.channels>::stride};

  /// Beyond half of the outputs, products of selected ones alone take longer than all.
  template <class In, MaxPool2DSizes pool>
  static constexpr bool takes_selected() {
    return pool.unrolls() && 2 * pool.rows.out * pool.columns.out <= pool.rows.in * pool.columns.in;
  }

  template <class In, MaxPool2DSizes pool>
  static constexpr std::size_t selected_scratch() {
    return pooled<In, pool>.scratch();
  }
};

}  // namespace etch

#endif

#if defined(ETCH_LAYER_CONV2D_INL_HPP) == defined(HWY_TARGET_TOGGLE)
#ifdef ETCH_LAYER_CONV2D_INL_HPP
#undef ETCH_LAYER_CONV2D_INL_HPP
#else
#define ETCH_LAYER_CONV2D_INL_HPP
#endif

#include "etch/kernel/conv2d-inl.hpp"
#include "etch/kernel/conv2d_pooled-inl.hpp"
#include "etch/kernel/conv2d_winograd-inl.hpp"
#include "etch/layer/passes-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace etch::HWY_NAMESPACE {

template <int Filters, int Kernel, class Padding, int Stride, class In>
struct Passes<Conv2D<Filters, Kernel, Padding, Stride>, In> {
  using Layer = Conv2D<Filters, Kernel, Padding, Stride>;
  static constexpr Conv2DSizes sizes = Layer::template sizes<In>;
  static constexpr Conv2DWinogradSizes winograd = Layer::template winograd<In>;
  using Winograd = Conv2DWinogradForward<winograd>;

  template <class Finish = Unchanged>
  static HWY_NOINLINE void forward(const Context& context, const float* x,
                                   const float* const* variables, float* y, int rows,
                                   const Finish& finish = {}) {
    if constexpr (Winograd::better) {
      if (!context.training) {
        return infer<every_output<sizes>>(context, x, variables, y, sizes.y_stride, rows, finish);
      }
    }
    conv2d_forward<sizes>(x, variables[0], variables[1], y, rows, context.scratch, finish);
  }

  template <MaxPool2DSizes pool>
  static constexpr bool infers_selected = (Winograd::better && tiles_hold_windows<winograd, pool>);

  template <MaxPool2DSizes pool, class Finish>
  static HWY_NOINLINE void inference_of_selected(const Context& context, const float* x,
                                                 const float* const* variables, float* y, int rows,
                                                 const Finish& finish) {
    infer<pool>(context, x, variables, y, Layer::template pooled<In, pool>.dy_stride, rows, finish);
  }

  template <class Finish = Unchanged>
  static HWY_NOINLINE void data_gradient(const Context& context, const float*, const float*,
                                         const float* const* variables, const float* dy, float* dx,
                                         int rows, const Finish& finish = {}) {
    conv2d_data_gradient<sizes>(dy, variables[0], dx, rows, context.scratch, finish);
  }

  static constexpr int gradient_tiles = conv2d_weight_gradient_tiles<sizes>;

  static HWY_NOINLINE void weight_gradient(const Context&, int tile, const float* x,
                                           const float* dy, float* const* gradients, int rows) {
    conv2d_weight_gradient<sizes>(x, dy, gradients[0], gradients[1], rows, tile);
  }

  template <MaxPool2DSizes pool, class Finish>
  static HWY_NOINLINE void data_gradient_of_selected(const Context& context,
                                                     const float* const* variables, const float* dy,
                                                     float* dx, int rows, const Finish& finish) {
    conv2d_pooled_data_gradient<Layer::template pooled<In, pool>>(
        numbers(context), dy, variables[0], dx, rows, context.scratch, finish);
  }

  template <MaxPool2DSizes pool>
  static HWY_NOINLINE void weight_gradient_of_selected(const Context& context, const float* x,
                                                       const float* dy, float* const* gradients,
                                                       int rows) {
    conv2d_pooled_weight_gradient<Layer::template pooled<In, pool>>(
        x, numbers(context), dy, gradients[0], gradients[1], rows, context.scratch);
  }

 private:
  template <MaxPool2DSizes pool, class Finish>
  static HWY_INLINE void infer(const Context& context, const float* x,
                               const float* const* variables, float* y, std::ptrdiff_t y_stride,
                               int rows, const Finish& finish) {
    const Conv2DWinogradStore<winograd, pool, Finish> store{finish, y, y_stride};
    Winograd()(x, variables[0], variables[1], rows, context.scratch, store);
  }

  static const std::uint8_t* numbers(const Context& context) {
    return reinterpret_cast<const std::uint8_t*>(context.saved);
  }
};

}  // namespace etch::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
