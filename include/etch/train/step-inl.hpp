// One step of training, in three rounds of the team: samples forward and backward, weight
// gradients, update. Every round's tiles own what they write.

#if defined(ETCH_TRAIN_STEP_INL_HPP) == defined(HWY_TARGET_TOGGLE)
#ifdef ETCH_TRAIN_STEP_INL_HPP
#undef ETCH_TRAIN_STEP_INL_HPP
#else
#define ETCH_TRAIN_STEP_INL_HPP
#endif

#include <algorithm>

#include "etch/base/pictures.hpp"
#include "etch/base/team.hpp"
#include "etch/kernel/warp-inl.hpp"
#include "etch/net/sweep-inl.hpp"
#include "etch/train/augmentation.hpp"
#include "etch/train/loss-inl.hpp"
#include "etch/train/step_state.hpp"
#include "etch/train/update-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace etch::HWY_NAMESPACE {

/// Gathers the samples of a sweep, and warps each as the augmentation wants it.
template <class Net>
void gather_augmented(const Pictures& pictures, const Augmentation& augmentation,
                      const Sweep<Net>& sweep) {
  using In = typename Net::Input;
  float* x = sweep.arrays.input();
  if (!augmentation.any()) {
    gather<In>(pictures, static_cast<std::size_t>(sweep.first), sweep.rows, x);
    return;
  }
  if constexpr (In::is_picture) {
    clear_padding<In>(x, sweep.rows);
    for (int row = 0; row < sweep.rows; ++row) {
      const int sample = sweep.first + row;
      float* plain = sweep.context.scratch;
      gather<In>(pictures, static_cast<std::size_t>(sample), 1, plain);
      warp<In::height, In::width, In::channels>(
          plain, x + row * In::stride,
          augmentation.draw(sweep.context.seed, sweep.context.step,
                            static_cast<std::uint32_t>(sample)));
    }
  }
}

/// Losses, hits and the parameters' gradients of a minibatch (without L2) into `state`.
template <class Net, int Batch, class Optimizer>
void compute_gradients(const float* parameters, const Minibatch& minibatch,
                       const Augmentation& augmentation, const Context& context,
                       StepState<Net, Batch, Optimizer>& state, Team& team) {
  constexpr int tile_rows = StepState<Net, Batch, Optimizer>::tile;
  using Out = typename Net::Output;
  const int count = static_cast<int>(minibatch.pictures.count());
  const auto sweep_of = [&](const Arrays<Net>& arrays, int first, int rows, int worker) HWY_ATTR {
    Sweep<Net> sweep{parameters, arrays, first, rows, context};
    sweep.context.scratch = state.scratch(worker);
    sweep.times = state.start(worker);
    return sweep;
  };

  team.run(ceil_div(count, tile_rows), [&](int tile, int worker) HWY_ATTR {
    const int first = tile * tile_rows;
    const Arrays<Net> arrays(training_plan<Net>, state.memory(worker), first);
    const Sweep<Net> sweep = sweep_of(arrays, first, std::min(tile_rows, count - first), worker);
    PassTimes<Net>* const times = sweep.times;
    gather_augmented(minibatch.pictures, augmentation, sweep);
    if (times != nullptr) times->lap(times->input);
    sweep.forward();
    float* gradient = arrays.gradients.back();
    clear_padding<Out>(gradient, sweep.rows);
    softmax_cross_entropy<Out>(arrays.output(), minibatch.labels.data() + first,
                               1 / static_cast<float>(count), gradient, state.losses.data() + first,
                               state.correct.data() + first, sweep.rows);
    if (times != nullptr) times->lap(times->loss);
    sweep.backward();
  });

  const Arrays<Net> batch(training_plan<Net>, state.memory(0), 0);
  team.run(Sweep<Net>::gradient_tiles, [&](int tile, int worker) HWY_ATTR {
    sweep_of(batch, 0, count, worker).weight_gradient(tile, state.parameter_gradients.data());
  });
}

/// Moves the parameters against the gradients in `state`; decay ends where the biases begin.
/// Leaves in `state.squares` the sums of the squared weights before.
template <class Net, int Batch, class Optimizer>
void update(const Optimizer& optimizer, const UpdateContext& context, float* parameters,
            StepState<Net, Batch, Optimizer>& state, Team& team) {
  constexpr std::size_t all = Arena<Net>::parameters.floats;
  constexpr std::size_t weights = Arena<Net>::parameters.weights;
  team.run(static_cast<int>(state.update_tiles), [&](int tile, int worker) HWY_ATTR {
    PassTimes<Net>* const times = state.start(worker);
    const std::size_t first = static_cast<std::size_t>(tile) * update_tile;
    const std::size_t end = std::min(first + update_tile, all);
    const std::size_t border = std::clamp(weights, first, end);
    const auto part = [&](const UpdateContext& here, std::size_t from, std::size_t to) HWY_ATTR {
      Slots<Optimizer> slots;
      for (std::size_t s = 0; s < slots.size(); ++s) slots[s] = state.slots.data() + s * all + from;
      return apply(optimizer, here, parameters + from, state.parameter_gradients.data() + from,
                   slots, to - from);
    };
    state.squares.data()[tile] = part(context, first, border);
    part({.rate = context.rate, .step = context.step}, border, end);
    if (times != nullptr) times->lap(times->update);
  });
}

}  // namespace etch::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
