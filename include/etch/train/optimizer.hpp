#ifndef ETCH_TRAIN_OPTIMIZER_HPP
#define ETCH_TRAIN_OPTIMIZER_HPP

#include <cstddef>

namespace etch {

/// An optimiser says how many `slots` it keeps for each parameter and whether its numbers are
/// `sensible()`; see Update for what it does.
template <class T>
struct is_optimizer {
  static constexpr bool value = requires(const T& optimizer) {
    std::size_t{T::slots};
    bool{optimizer.sensible()};
  };
};

struct SGD;

namespace detail {

template <class T>
struct OptimizerRequirements {
  static_assert(is_optimizer<T>::value,
                "etch: Trainer<Net, Batch, Optimizer>: requires an optimiser, another type came; "
                "write SGD, Momentum or Adam, and its numbers into Trainer::Options");
};

/// SGD stands in for what is none, so that the compiler has nothing further to complain about.
template <class T, bool = is_optimizer<T>::value>
struct CheckedOptimizer {
  using type = T;
};
template <class T>
struct CheckedOptimizer<T, false> {
  static_assert(sizeof(OptimizerRequirements<T>) > 0);
  using type = SGD;
};
template <class T>
using checked_optimizer = typename CheckedOptimizer<T>::type;

}  // namespace detail
}  // namespace etch

#endif
