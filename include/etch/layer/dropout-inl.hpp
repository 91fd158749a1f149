// Dropout<Rate>: in training each input is dropped with probability Rate, what is kept is scaled by
// 1 / (1 - Rate); elsewhere nothing happens (TensorFlow's tf.nn.dropout).

#ifndef ETCH_LAYER_DROPOUT_HPP
#define ETCH_LAYER_DROPOUT_HPP

#include "etch/layer/contract.hpp"
#include "etch/layer/requirements.hpp"

namespace etch {

/// Any shape, unchanged. Element e of sample s of a batch is kept where uniform number e of
/// sequence s of the stream (seed, Purpose::dropout, layer, step) is at least the rate. Rate
/// may be of any arithmetic type.
template <auto Rate = 0.5f>
struct Dropout {
  static constexpr std::string_view name = "dropout";
  static constexpr float rate = static_cast<float>(Rate);
  static constexpr Reads data_gradient_reads{.x = false, .y = false};
  static constexpr Traits traits{.in_place = true, .drops = true};

  template <class In>
  using Output = In;

  template <std::size_t Index, class In>
  struct Requirements {
    static_assert(keeps_some<Index, Dropout, In>::value,
                  "etch: Dropout<Rate>: requires a rate from 0 to below 1, another came; write the "
                  "share that is dropped, as in Dropout<0.5f>");
  };

  /// A bit for each element, and 96 that are written or read behind them.
  template <class In>
  static constexpr std::size_t scratch(int rows) {
    return static_cast<std::size_t>(ceil_div(rows * In::stride, 32) + 3);
  }
};

}  // namespace etch

#endif

#if defined(ETCH_LAYER_DROPOUT_INL_HPP) == defined(HWY_TARGET_TOGGLE)
#ifdef ETCH_LAYER_DROPOUT_INL_HPP
#undef ETCH_LAYER_DROPOUT_INL_HPP
#else
#define ETCH_LAYER_DROPOUT_INL_HPP
#endif

#include <cstring>

#include "etch/kernel/dropout-inl.hpp"
#include "etch/kernel/elementwise-inl.hpp"
#include "etch/layer/passes-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace etch::HWY_NAMESPACE {

template <auto Rate, class In>
struct Passes<Dropout<Rate>, In> {
  static HWY_NOINLINE void forward(const Context& context, const float* x, const float* const*,
                                   float* y, int rows) {
    if (context.training) {
      finish_all(x, y, rows * In::stride, drop(context, y, rows));
    } else if (y != x) {
      std::memcpy(y, x, sizeof(float) * static_cast<std::size_t>(rows) * In::stride);
    }
  }

  /// What is kept is drawn again, so that nothing need be saved.
  static HWY_NOINLINE void data_gradient(const Context& context, const float*, const float*,
                                         const float* const*, const float* dy, float* dx,
                                         int rows) {
    finish_all(dy, dx, rows * In::stride, drop(context, dx, rows));
  }

  /// What is kept has so many times its size.
  static float factor(const Context& context) { return 1 / (1 - rate_of(context)); }

  /// Draws what is kept of `rows` samples, to be stored from `y` on.
  static HWY_NOINLINE Drop drop(const Context& context, const float* y, int rows) {
    const RandomStream stream{context.seed, Purpose::dropout, context.layer, context.step};
    auto* kept = reinterpret_cast<std::uint8_t*>(context.scratch);
    for (int row = 0; row < rows; ++row) {  // in order: a sample's bits may reach into the next's
      draw_kept<In::size>(rate_of(context), stream,
                          context.first_row + static_cast<std::uint32_t>(row),
                          kept + row * In::stride / 8);
    }
    return {kept, y, factor(context)};
  }

 private:
  static float rate_of(const Context& context) {
    return context.dropout_rate.value_or(Dropout<Rate>::rate);
  }
};

}  // namespace etch::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
