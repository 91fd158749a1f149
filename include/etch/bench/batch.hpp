#ifndef ETCH_BENCH_BATCH_HPP
#define ETCH_BENCH_BATCH_HPP

#include <algorithm>
#include <cstddef>

#include "etch/base/buffer.hpp"
#include "etch/base/round.hpp"
#include "etch/layer/contract.hpp"
#include "etch/train/step_state.hpp"

namespace etch::bench {

/// What the passes of a layer read and write for a batch, each array in a place of its own.
struct BatchArrays {
  Buffer x, y, dx, dy, scratch, saved;
  Context context;

  template <class Step, int Batch>
  static BatchArrays of() {
    using In = typename Step::In;
    using Out = typename Step::Out;
    using Layer = typename Step::Layer;
    BatchArrays arrays{.x = Buffer(Batch * In::stride),
                       .y = Buffer(Batch * Out::stride),
                       .dx = Buffer(Batch * In::stride),
                       .dy = Buffer(Batch * Out::stride),
                       .scratch = Buffer(scratch_of<Layer, In>(Batch)),
                       .saved = Buffer(Batch * saved_stride<Layer, In>),
                       .context = {}};
    arrays.context.training = true;
    arrays.context.scratch = arrays.scratch.data();
    return arrays;
  }
};

/// Some samples of a batch, as passes get them.
struct SampleTile {
  const float* x;
  float* y;
  const float* dy;
  float* dx;
  int rows;
};

/// Samples [row, row + rows) of `Step`'s arrays, to which their context belongs from now on.
template <class Step>
SampleTile tile_of(BatchArrays& arrays, std::ptrdiff_t row, int rows) {
  using In = typename Step::In;
  using Out = typename Step::Out;
  arrays.context.saved = arrays.saved.data() + row * saved_stride<typename Step::Layer, In>;
  return {arrays.x.data() + row * In::stride, arrays.y.data() + row * Out::stride,
          arrays.dy.data() + row * Out::stride, arrays.dx.data() + row * In::stride, rows};
}

/// How many sums a batch's weight gradient has: one for each tile of samples where they are stored.
template <class Net, class Step, int Batch>
inline constexpr int gradient_sums = Step::updates ? 1 : ceil_div(Batch, sample_tile<Net>(Batch));

/// Calls `f(tile)` for the samples that a training step of `Net` carries together, one after
/// another.
template <class Net, class Step, int Batch, class F>
void for_each_tile(BatchArrays& arrays, const F& f) {
  constexpr int most = sample_tile<Net>(Batch);
  for (int first = 0; first < Batch; first += most) {
    f(tile_of<Step>(arrays, first, std::min(most, Batch - first)));
  }
}

/// The same for the samples of a weight gradient: all of them, where it updates as it sums.
template <class Net, class Step, int Batch, class F>
void for_each_gradient_tile(BatchArrays& arrays, const F& f) {
  if constexpr (Step::updates) {
    f(tile_of<Step>(arrays, 0, Batch));
  } else {
    for_each_tile<Net, Step, Batch>(arrays, f);
  }
}

}  // namespace etch::bench

#endif
