#ifndef ETCH_NET_WORKSPACE_HPP
#define ETCH_NET_WORKSPACE_HPP

#include <cstddef>

#include "etch/base/buffer.hpp"
#include "etch/net/arena.hpp"
#include "etch/net/memory_plan.hpp"

namespace etch {

/// Floats that fill half an L2 cache of 1 MiB.
inline constexpr std::size_t half_cache = (1u << 19) / sizeof(float);

/// Samples that go through a network together where there are many: two register tiles of a dense
/// layer, which keeps activations in the L2 cache. Parameters that do not stay there come from
/// farther away for every such group: more samples share them (784-1024-10, batch 128, forward:
/// 81 % of peak by 16, 88 % by 64).
constexpr int samples_together(std::size_t parameters) {
  return parameters > half_cache ? 64 : 16;
}

/// The same for inference.
template <class Net>
inline constexpr int inference_rows = samples_together(Net::parameters);

template <class Net, int Rows>
struct has_rows {
  static constexpr bool value = Rows >= 1;
};

namespace detail {
template <class Net, int Rows>
struct RowsRequirements {
  static_assert(has_rows<Net, Rows>::value,
                "etch: inference_bytes<Rows>: requires at least 1 picture, fewer came; write how "
                "many are inferred at a time");
};
}  // namespace detail

/// What one thread needs to infer up to `Rows` pictures at a time.
template <class Net, int Rows = inference_rows<Net>>
struct Workspace {
  static_assert(sizeof(detail::RowsRequirements<Net, Rows>) > 0);

  static constexpr std::size_t floats =
      Rows * inference_plan<Net>.transient + Arena<Net>::forward_scratch;

  Buffer activations{floats};  // and the scratch memory behind them

  /// The network's output for the row-th picture.
  const float* output(int row) const {
    return activations.data() + Rows * inference_plan<Net>.activations.back().offset +
           static_cast<std::size_t>(row) * Net::Output::stride;
  }
};

}  // namespace etch

#endif
