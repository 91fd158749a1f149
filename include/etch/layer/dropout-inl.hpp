// Dropout<Rate>: in training each input is dropped with probability Rate, what is kept is scaled by
// 1 / (1 - Rate); elsewhere nothing happens (TensorFlow's tf.nn.dropout).

#ifndef ETCH_LAYER_DROPOUT_HPP
#define ETCH_LAYER_DROPOUT_HPP

#include "etch/layer/contract.hpp"
#include "etch/layer/requirements.hpp"

namespace etch {

/// Any shape, unchanged. Element e of sample s of a batch is kept where uniform number e of
/// sequence s of the stream (seed, Purpose::dropout, layer, step) is at least the rate.
template <float Rate = 0.5f>
struct Dropout {
  static constexpr std::string_view name = "dropout";
  static constexpr float rate = Rate;
  static constexpr Reads data_gradient_reads{.x = false, .y = false};
  static constexpr Reads fused_data_gradient_reads{.x = false, .y = true};
  static constexpr bool in_place = true;

  template <class In>
  using Output = In;

  template <std::size_t Index, class In>
  struct Requirements {
    static_assert(keeps_some<Index, Dropout, In>::value,
                  "etch: Dropout<Rate>: requires a rate from 0 to below 1, another came; write the "
                  "share that is dropped, as in Dropout<0.5f>");
  };
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
#include "etch/layer/passes-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace etch::HWY_NAMESPACE {

template <float Rate, class In>
struct Passes<Dropout<Rate>, In> {
  static HWY_NOINLINE void forward(const Context& context, const float* x, const float* const*,
                                   float* y, int rows) {
    if (context.training) {
      drop(context, x, y, rows);
    } else if (y != x) {
      std::memcpy(y, x, sizeof(float) * static_cast<std::size_t>(rows) * In::stride);
    }
  }

  /// The mask is drawn again: that costs less than to keep it.
  static HWY_NOINLINE void data_gradient(const Context& context, const float*, const float*,
                                         const float* const*, const float* dy, float* dx,
                                         int rows) {
    drop(context, dy, dx, rows);
  }

  /// Behind what rectifies, nothing passes where y is zero, dropped or not: no mask is needed.
  template <class Finish>
  static HWY_NOINLINE void data_gradient_fused(const Context& context, const float*, const float*,
                                               const float* const*, const float* dy, float* dx,
                                               int rows, const Finish& finish) {
    const Vec scale = hn::Set(float_tag, 1 / (1 - rate_of(context)));
    for (std::ptrdiff_t i = 0; i < rows * In::stride; i += lanes) {
      const Vec scaled = hn::Mul(hn::LoadU(float_tag, dy + i), scale);
      hn::StoreU(finish(scaled, float_tag, dx + i, lanes), float_tag, dx + i);
    }
  }

 private:
  static float rate_of(const Context& context) { return context.dropout_rate.value_or(Rate); }

  static void drop(const Context& context, const float* x, float* y, int rows) {
    const RandomStream stream{context.seed, Purpose::dropout, context.layer, context.step};
    for (int row = 0; row < rows; ++row) {
      const std::uint32_t sample = context.first_row + static_cast<std::uint32_t>(row);
      dropout<In::size>(x + row * In::stride, y + row * In::stride, rate_of(context), stream,
                        sample);
    }
  }
};

}  // namespace etch::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
