#ifndef ETCH_BASE_ROUND_HPP
#define ETCH_BASE_ROUND_HPP

#include <type_traits>

namespace etch {

/// number / divisor, rounded up; both positive.
template <class T>
constexpr T ceil_div(T number, std::type_identity_t<T> divisor) {
  return (number + divisor - 1) / divisor;
}

/// The smallest multiple that is no smaller than `number`.
template <class T>
constexpr T round_up(T number, std::type_identity_t<T> multiple) {
  return ceil_div(number, multiple) * multiple;
}

}  // namespace etch

#endif
