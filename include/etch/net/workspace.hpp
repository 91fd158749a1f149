#ifndef ETCH_NET_WORKSPACE_HPP
#define ETCH_NET_WORKSPACE_HPP

#include "etch/base/buffer.hpp"
#include "etch/net/arena.hpp"

namespace etch {

/// Samples that inference takes at a time: two register tiles of a dense layer. More would not make
/// its kernels faster, and so few keep a network's activations in the L2 cache.
inline constexpr int inference_rows = 16;

/// What one thread needs for inference.
template <class Net>
struct Workspace {
  Buffer activations{inference_rows * Arena<Net>::activation_floats};

  /// The network's output for the row-th picture.
  const float* output(int row) const {
    constexpr auto last = static_cast<std::ptrdiff_t>(Net::size) - 1;
    return activations.data() + Arena<Net>::activation(last, inference_rows) +
           static_cast<std::size_t>(row) * Net::Output::stride;
  }
};

}  // namespace etch

#endif
