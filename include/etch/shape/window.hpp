#ifndef ETCH_SHAPE_WINDOW_HPP
#define ETCH_SHAPE_WINDOW_HPP

#include <algorithm>

namespace etch {

/// Padding of a window as in TensorFlow: ceil(in / stride) outputs; what the window lacks for them
/// is padded, half before and half after, the odd one after.
struct Same {
  static constexpr bool pads = true;
};

/// No padding: the window stays inside the picture.
struct Valid {
  static constexpr bool pads = false;
};

/// A window that slides along one axis: `out` places, `stride` apart, of which place o covers the
/// inputs o * stride - before + [0, size). Follows TensorFlow's GetWindowedOutputSize.
struct Window {
  int in, size, stride, out, before;

  constexpr bool operator==(const Window&) const = default;

  /// Inputs that place `o` really covers, borders left out: [first, end) within the window.
  constexpr int first(int o) const { return std::max(0, before - o * stride); }
  constexpr int end(int o) const { return std::min(size, in + before - o * stride); }

  /// How many (place, input) pairs meet inside the picture: the useful work along this axis.
  constexpr int taps() const {
    int sum = out * size;  // but for the places at the borders
    for (int o = 0; o < out && first(o) > 0; ++o) sum -= first(o);
    for (int o = out - 1; o >= 0 && end(o) < size; --o) sum -= size - end(o);
    return sum;
  }

  /// Whether every input is under one place, and under no second.
  constexpr bool covers_once() const { return size <= stride && taps() == in; }

  /// Whether no place meets padding.
  constexpr bool stays_inside() const { return taps() == out * size; }
};

template <class T>
concept IsPadding = requires {
  T::pads;
};

/// Whether `Padding` pads. What is no padding, which a network's check refuses, counts as one that
/// does.
template <class Padding>
constexpr bool pads() {
  if constexpr (IsPadding<Padding>) {
    return Padding::pads;
  } else {
    return true;
  }
}

/// The window of `size` and `stride` along `in` inputs. Sizes that a network's check refuses give
/// some window all the same, so that the compiler has nothing further to complain about.
template <class Padding>
constexpr Window slide(int in, int size, int stride) {
  size = std::max(size, 1);
  stride = std::max(stride, 1);
  if (pads<Padding>()) {
    const int out = (in + stride - 1) / stride;
    const int missing = std::max((out - 1) * stride + size - in, 0);
    return {in, size, stride, out, missing / 2};
  }
  return {in, size, stride, std::max((in - size) / stride + 1, 1), 0};
}

}  // namespace etch

#endif
