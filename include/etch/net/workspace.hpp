#ifndef ETCH_NET_WORKSPACE_HPP
#define ETCH_NET_WORKSPACE_HPP

#include <cstddef>

#include "etch/base/buffer.hpp"
#include "etch/net/memory_plan.hpp"

namespace etch {

/// Samples that inference takes at a time: two register tiles of a dense layer. More would not make
/// its kernels faster, and so few keep a network's activations in the L2 cache.
inline constexpr int inference_rows = 16;

/// What one thread needs to infer up to `Rows` pictures at a time.
template <class Net, int Rows = inference_rows>
struct Workspace {
  static constexpr std::size_t floats = Rows * inference_plan<Net>.transient;

  Buffer activations{floats};

  /// The network's output for the row-th picture.
  const float* output(int row) const {
    return activations.data() + Rows * inference_plan<Net>.activations[Net::size].offset +
           static_cast<std::size_t>(row) * Net::Output::stride;
  }
};

}  // namespace etch

#endif
