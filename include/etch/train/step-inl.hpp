// One step of training, in two rounds of the team: samples forward and backward, then the
// parameters. Every round's tiles own what they write.

#if defined(ETCH_TRAIN_STEP_INL_HPP) == defined(HWY_TARGET_TOGGLE)
#ifdef ETCH_TRAIN_STEP_INL_HPP
#undef ETCH_TRAIN_STEP_INL_HPP
#else
#define ETCH_TRAIN_STEP_INL_HPP
#endif

#include <algorithm>
#include <utility>

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

/// A minibatch on its way through training, by a team.
template <class Net, int Batch, class Optimizer>
struct TrainingStep {
  using State = StepState<Net, Batch, Optimizer>;
  using Plan = UpdatePlan<Net>;

  float* parameters;
  const Minibatch& minibatch;
  const Augmentation& augmentation;
  const Context& context;
  State& state;
  Team& team;
  int count = static_cast<int>(minibatch.pictures.count());
  const float* in_place =
      augmentation.any() ? nullptr : readable_in_place<typename Net::Input>(minibatch.pictures, 0);

  Sweep<Net> sweep(const Arrays<Net>& arrays, int first, int rows, int worker) const {
    const float* input =
        in_place == nullptr ? arrays.input() : in_place + first * Net::Input::stride;
    Sweep<Net> sweep{parameters, arrays, input, first, rows, context};
    sweep.context.scratch = state.scratch(worker);
    if (in_place != nullptr) sweep.context.rows_ahead = team.size() * tile_rows;
    sweep.times = state.start(worker);
    return sweep;
  }

  /// Losses, hits, the gradients that are stored, and of activations those that others need.
  void samples() const {
    using Out = typename Net::Output;
    team.run(tiles(), [&](int tile, int worker) HWY_ATTR {
      const int first = tile * tile_rows;
      const Arrays<Net> arrays(training_plan<Net>, state.memory(worker), first);
      Sweep<Net> here = sweep(arrays, first, std::min(tile_rows, count - first), worker);
      here.stored_gradients = state.gradients_of(tile);
      PassTimes<Net>* const times = here.times;
      if (in_place == nullptr) gather_augmented(minibatch.pictures, augmentation, here);
      if (times != nullptr) times->lap(times->input);
      here.forward();
      float* gradient = arrays.gradients.back();
      clear_padding<Out>(gradient, here.rows);
      softmax_cross_entropy<Out>(
          arrays.output(), minibatch.labels.data() + first, 1 / static_cast<float>(count), gradient,
          state.losses.data() + first, state.correct.data() + first, here.rows);
      if (times != nullptr) times->lap(times->loss);
      here.backward();
    });
  }

  /// The gradients of all samples together: calls `take`, see Sweep::weight_gradient, for each tile
  /// of those that are not stored, and use(piece, i, sums) for the i-th piece of the others.
  template <class Take, class Use>
  void parameters_of_all(const Take& take, const Use& use) const {
    const Arrays<Net> batch(training_plan<Net>, state.memory(0), 0);
    team.run(Plan::tiles + static_cast<int>(Plan::count), [&](int tile, int worker) HWY_ATTR {
      const Sweep<Net> here = sweep(batch, 0, count, worker);
      if (tile < Plan::tiles) return here.weight_gradient(tile, take);
      const auto i = static_cast<std::size_t>(tile - Plan::tiles);
      const auto& piece = Plan::pieces[i];
      use(piece, i,
          StoredGradients{state.gradients.data() + piece.stored, tiles(), State::gradient_floats});
      if (here.times != nullptr) here.times->lap(here.times->update);
    });
  }

  /// The update of parameters that decay, or do not. Others than weights know no L2.
  UpdateParameters<Optimizer> update(const Optimizer& optimizer, const UpdateContext& all,
                                     bool decays) const {
    Slots<Optimizer> slots;
    for (std::size_t s = 0; s < slots.size(); ++s) {
      slots[s] = state.slots.data() + s * Arena<Net>::parameters.floats;
    }
    const UpdateContext plain{.rate = all.rate, .step = all.step};
    return {optimizer, decays ? all : plain, parameters, slots};
  }

 private:
  static constexpr int tile_rows = State::tile;
  int tiles() const { return ceil_div(count, tile_rows); }
};

/// Losses and hits of a minibatch into `state`, and the gradients of its loss, without L2, laid out
/// as the parameters are.
template <class Net, int Batch, class Optimizer>
void compute_gradients(float* parameters, const Minibatch& minibatch,
                       const Augmentation& augmentation, const Context& context,
                       StepState<Net, Batch, Optimizer>& state, float* gradients, Team& team) {
  const TrainingStep<Net, Batch, Optimizer> step{parameters, minibatch, augmentation,
                                                 context,    state,     team};
  step.samples();
  step.parameters_of_all(
      [&]<class Step>(auto gradient, int)
          HWY_ATTR { gradient(Sweep<Net>::template variables<Step>(gradients).data()); },
      [&](const auto& piece, std::size_t, const StoredGradients& stored)
          HWY_ATTR { sum_all(stored, piece.floats, gradients + piece.first); });
}

/// Losses and hits of a minibatch into `state`, and the parameters moved against its gradients: of
/// layers that can do so, while these are summed. Leaves in `state.squares` the sums of the squared
/// weights before.
template <class Net, int Batch, class Optimizer>
void train_step(float* parameters, const Minibatch& minibatch, const Augmentation& augmentation,
                const Context& context, const Optimizer& optimizer,
                const UpdateContext& update_context, StepState<Net, Batch, Optimizer>& state,
                Team& team) {
  using Plan = UpdatePlan<Net>;
  const TrainingStep<Net, Batch, Optimizer> step{parameters, minibatch, augmentation,
                                                 context,    state,     team};
  step.samples();
  step.parameters_of_all(
      [&]<class Step>(auto gradient, int tile) HWY_ATTR {
        [&]<std::size_t... V>(std::index_sequence<V...>) HWY_ATTR {
          UpdateParameters<Optimizer> updates[]{
              step.update(optimizer, update_context, Step::variables[V].is_weight)...};
          gradient(Sweep<Net>::template variables<Step>(parameters).data(), updates);
          float squares = 0;
          ((squares += Step::variables[V].is_weight ? updates[V].squares() : 0), ...);
          state.squares.data()[tile] = squares;
        }
        (std::make_index_sequence<Step::variables.size()>());
      },
      [&](const auto& piece, std::size_t i, const StoredGradients& stored) HWY_ATTR {
        UpdateParameters<Optimizer> update = step.update(optimizer, update_context, piece.decays);
        update_all(update, parameters + piece.first, stored, piece.floats);
        state.squares.data()[Plan::tiles + i] = piece.decays ? update.squares() : 0;
      });
}

}  // namespace etch::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
