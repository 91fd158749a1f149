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
#include "etch/net/sweep-inl.hpp"
#include "etch/train/loss-inl.hpp"
#include "etch/train/sgd-inl.hpp"
#include "etch/train/step_state.hpp"

HWY_BEFORE_NAMESPACE();
namespace etch::HWY_NAMESPACE {

/// Losses, hits and the parameters' gradients of a minibatch (without L2) into `state`.
template <class Net, int Batch>
void compute_gradients(const float* parameters, const Minibatch& minibatch, const Context& context,
                       StepState<Net, Batch>& state, Team& team) {
  constexpr int tile_rows = sample_tile(Batch);
  constexpr auto last = static_cast<std::ptrdiff_t>(Net::size) - 1;
  using In = typename Net::Input;
  using Out = typename Net::Output;
  const int count = static_cast<int>(minibatch.pictures.count());
  const auto sweep_of = [&](int first, int rows, int worker) HWY_ATTR {
    Sweep<Net> sweep{parameters, state.activations.data(), Batch, first, rows, context};
    sweep.context.scratch =
        state.scratch.data() + static_cast<std::size_t>(worker) * state.scratch_floats;
    return sweep;
  };

  team.run(ceil_div(count, tile_rows), [&](int tile, int worker) HWY_ATTR {
    const int first = tile * tile_rows;
    const Sweep<Net> sweep = sweep_of(first, std::min(tile_rows, count - first), worker);
    gather<In>(minibatch.pictures, static_cast<std::size_t>(first), sweep.rows,
               sweep.template at<In>(state.activations.data(), -1));
    sweep.forward();
    softmax_cross_entropy<Out>(
        sweep.template at<Out>(state.activations.data(), last), minibatch.labels.data() + first,
        1 / static_cast<float>(count), sweep.template at<Out>(state.gradients.data(), last),
        state.losses.data() + first, state.correct.data() + first, sweep.rows);
    sweep.backward(state.gradients.data());
  });

  team.run(Sweep<Net>::gradient_tiles, [&](int tile, int worker) HWY_ATTR {
    sweep_of(0, count, worker)
        .weight_gradient(tile, state.gradients.data(), state.parameter_gradients.data());
  });
}

/// Moves the parameters against the gradients in `state`; decay ends where the biases begin.
/// Leaves in `state.squares` the sums of the squared weights before.
template <class Net, int Batch, class Optimizer>
void update(float* parameters, float rate, float l2, StepState<Net, Batch>& state, Team& team) {
  constexpr std::size_t all = Arena<Net>::parameters.floats;
  constexpr std::size_t weights = Arena<Net>::parameters.weights;
  team.run(static_cast<int>(state.update_tiles), [&](int tile, int) HWY_ATTR {
    const std::size_t first = static_cast<std::size_t>(tile) * update_tile;
    const std::size_t end = std::min(first + update_tile, all);
    const std::size_t border = std::clamp(weights, first, end);
    const float* gradients = state.parameter_gradients.data();
    state.squares[static_cast<std::size_t>(tile)] =
        Update<Optimizer>::apply(parameters + first, gradients + first, border - first, rate, l2);
    Update<Optimizer>::apply(parameters + border, gradients + border, end - border, rate, 0);
  });
}

}  // namespace etch::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
