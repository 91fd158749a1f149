// Dense<Units>: every output sums all inputs, y = x W + b (TensorFlow's MatMul and BiasAdd).

#ifndef ETCH_LAYER_DENSE_HPP
#define ETCH_LAYER_DENSE_HPP

#include "etch/kernel/dense_layout.hpp"
#include "etch/layer/contract.hpp"
#include "etch/layer/requirements.hpp"

namespace etch {

/// In: a vector, or a picture, which is flattened as it lies. Out: Shape<Units>.
/// kernel [in][Units], bias [Units].
template <int Units>
struct Dense {
  static constexpr std::string_view name = "dense";
  static constexpr int units = Units;
  static constexpr Reads data_gradient_reads{.x = false, .y = false};
  static constexpr Traits traits{.fuses_forward = true, .fuses_data_gradient = true};

  template <class In>
  using Output = Shape<(Units < 1 ? 1 : Units)>;

  template <std::size_t Index, class In>
  struct Requirements {
    static_assert(has_units<Index, Dense, In>::value,
                  "etch: Dense<Units>: requires at least 1 unit, fewer came; write the number of "
                  "outputs, as in Dense<10>");
  };

  template <class In>
  static constexpr DenseSizes sizes{In::size, Output<In>::size, In::stride, Output<In>::stride};

  template <class In>
  static constexpr std::uint64_t flops() {
    return 2 * std::uint64_t{In::size} * std::uint64_t{Output<In>::size};
  }

  template <class In>
  static constexpr std::array<Variable, 2> variables() {
    return {{{"kernel", {In::size, Units}, 2, sizes<In>.weights(), In::size, true},
             {"bias", {Units}, 1, sizes<In>.biases(), In::size, false}}};
  }

  template <class In>
  static constexpr std::size_t place(std::size_t variable, std::size_t i) {
    const int element = static_cast<int>(i);
    return variable == 0 ? sizes<In>.place(element / Units, element % Units) : i;
  }

  /// Few outputs have few weights: less goes between threads when each sums those of its samples
  /// than when it reads all samples' inputs (a step of logistic_l2 on two threads takes 1.6 times
  /// as long otherwise).
  template <class In>
  static constexpr int updating_tiles() {
    return sizes<In>.narrow() ? 0 : sizes<In>.gradient_tiles();
  }

  /// In panels the last block of inputs may overlap the one before, and be written twice.
  template <class In>
  static constexpr bool data_gradient_over_x() {
    return sizes<In>.transposed();
  }

  template <class In>
  static constexpr std::size_t scratch(int rows) {
    return sizes<In>.scratch(rows);
  }
};

}  // namespace etch

#endif

#if defined(ETCH_LAYER_DENSE_INL_HPP) == defined(HWY_TARGET_TOGGLE)
#ifdef ETCH_LAYER_DENSE_INL_HPP
#undef ETCH_LAYER_DENSE_INL_HPP
#else
#define ETCH_LAYER_DENSE_INL_HPP
#endif

#include "etch/kernel/dense-inl.hpp"
#include "etch/kernel/dense_weight_gradient-inl.hpp"
#include "etch/kernel/gradient_store-inl.hpp"
#include "etch/layer/passes-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace etch::HWY_NAMESPACE {

template <int Units, class In>
struct Passes<Dense<Units>, In> {
  static constexpr DenseSizes sizes = Dense<Units>::template sizes<In>;

  template <class Finish = Unchanged>
  static HWY_NOINLINE void forward(const Context& context, const float* x,
                                   const float* const* variables, float* y, int rows,
                                   const Finish& finish = {}) {
    if constexpr (sizes.transposed()) {
      DenseDots<sizes, Finish>{finish, context.rows_ahead}(x, variables[0], variables[1], y, rows);
    } else {
      dense_forward_wide<sizes>(x, variables[0], variables[1], y, rows, finish);
    }
  }

  template <class Finish = Unchanged>
  static HWY_NOINLINE void data_gradient(const Context& context, const float*, const float*,
                                         const float* const* variables, const float* dy, float* dx,
                                         int rows, const Finish& finish = {}) {
    if constexpr (sizes.transposed()) {
      dense_data_gradient_transposed<sizes>(dy, variables[0], dx, rows, finish);
    } else {
      dense_data_gradient_wide<sizes>(dy, variables[0], dx, rows, context.scratch, finish);
    }
  }

  static constexpr int gradient_tiles = sizes.gradient_tiles();

  static HWY_NOINLINE void weight_gradient(const Context& context, int tile, const float* x,
                                           const float* dy, float* const* gradients, int rows) {
    StoreGradient stores[2];
    dense_weight_gradient<sizes>(x, dy, gradients[0], gradients[1], rows, tile, context.scratch,
                                 stores);
  }

  template <class Store>
  static HWY_NOINLINE void weight_update(const Context& context, int tile, const float* x,
                                         const float* dy, float* const* parameters, int rows,
                                         Store* stores) {
    dense_weight_gradient<sizes>(x, dy, parameters[0], parameters[1], rows, tile, context.scratch,
                                 stores);
  }
};

}  // namespace etch::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
