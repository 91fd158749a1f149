#ifndef ETCH_TRAIN_STEP_STATE_HPP
#define ETCH_TRAIN_STEP_STATE_HPP

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "etch/base/buffer.hpp"
#include "etch/base/round.hpp"
#include "etch/net/arena.hpp"
#include "etch/net/arrays.hpp"
#include "etch/net/memory_plan.hpp"
#include "etch/net/pass_times.hpp"
#include "etch/net/workspace.hpp"
#include "etch/train/optimizer.hpp"

namespace etch {

template <class Net, int Batch>
struct has_samples {
  static constexpr bool value = Batch >= 1;
};

namespace detail {

template <class Net, int Batch>
struct BatchRequirements {
  static_assert(has_samples<Net, Batch>::value,
                "etch: Trainer<Net, Batch>: requires a batch of at least 1 sample, fewer came; "
                "write the largest minibatch that step() will get");
};

/// One sample stands in for fewer, so that the compiler has nothing further to complain about.
template <class Net, int Batch>
struct CheckedBatch {
  static constexpr int value = Batch < 1 ? 1 : Batch;
  static_assert(sizeof(BatchRequirements<Net, Batch>) > 0);
};
template <class Net, int Batch>
inline constexpr int checked_batch = CheckedBatch<Net, Batch>::value;

}  // namespace detail

/// Samples that one thread carries through a whole network at a time. Fixed by the type, so that
/// sums do not depend on the team, and at most half the batch, rounded up to register tiles, so
/// that a team of two has something to share out. Gradients are stored for each tile, so that
/// tiles are large where activations are few (logistic_l2's step by one thread 20.9 µs by 16
/// samples, 19.1 by 32, 17.9 by 64; by two threads 16.1, 14.7 and 13.3).
template <class Net>
constexpr int sample_tile(int batch) {
  constexpr std::size_t activations = training_plan<Net>.kept + training_plan<Net>.transient;
  const int together = 64 * activations <= half_cache ? 64 : samples_together(Net::parameters);
  const int half = round_up(ceil_div(batch, 2), batch >= 32 ? 16 : 8);
  return std::min({batch, half, together});
}

/// Parameters that one thread updates at a time, which keeps 16 KiB of them in L1.
inline constexpr std::size_t update_tile = 4096;

/// Which parameters are updated while their gradients are summed, and which by stored ones.
template <class Net>
struct UpdatePlan {
  struct Piece {
    std::size_t first = 0, stored = 0, floats = 0;  // where among the parameters and the gradients
    bool decays = false;
  };

  /// Of all layers that update as they sum.
  static constexpr int tiles = [] {
    int sum = 0;
    Net::for_each_step(
        [&]<class Step>() { sum += updating_tiles_of<typename Step::Layer, typename Step::In>(); });
    return sum;
  }();

  /// Calls `f(piece)` for what is stored, cut into update_tile parameters.
  template <class F>
  static constexpr void for_each_piece(const F& f) {
    Net::for_each_step([&]<class Step>() {
      for (std::size_t v = 0; !Step::updates && v < Step::variables.size(); ++v) {
        const std::size_t first = Arena<Net>::parameters.offset[Step::index][v];
        const std::size_t stored = Arena<Net>::stored_gradients.offset[Step::index][v];
        const std::size_t floats = round_up(Step::variables[v].floats, cache_line);
        for (std::size_t i = 0; i < floats; i += update_tile) {
          f(Piece{first + i, stored + i, std::min(update_tile, floats - i),
                  Step::variables[v].is_weight});
        }
      }
    });
  }

  static constexpr std::size_t count = [] {
    std::size_t sum = 0;
    for_each_piece([&](const Piece&) { ++sum; });
    return sum;
  }();

  static constexpr std::array<Piece, count> pieces = [] {
    std::array<Piece, count> all{};
    std::size_t i = 0;
    for_each_piece([&](const Piece& piece) { all[i++] = piece; });
    return all;
  }();
};

/// The memory of training, apart from the model's.
template <class Net, int B, class O>
struct StepState {
  static constexpr int Batch = detail::checked_batch<Net, B>;
  using Optimizer = detail::checked_optimizer<O>;

  static constexpr std::size_t parameters = Arena<Net>::parameters.floats;
  static constexpr std::size_t squares_count = UpdatePlan<Net>::tiles + UpdatePlan<Net>::count;
  static constexpr std::size_t kept_floats = Batch * training_plan<Net>.kept;
  static constexpr int tile = sample_tile<Net>(Batch);
  static constexpr std::size_t transient_floats = tile * training_plan<Net>.transient;
  /// Of one tile of samples.
  static constexpr std::size_t gradient_floats = Arena<Net>::stored_gradients.floats;
  static constexpr std::size_t gradients_floats = ceil_div(Batch, tile) * gradient_floats;
  /// A pass's scratch memory, or a picture before it is warped.
  static constexpr std::size_t scratch_floats =
      std::max(Arena<Net>::scratch(Batch), std::size_t{Net::Input::stride});
  static constexpr std::size_t thread_floats = transient_floats + scratch_floats;

  /// What all of it takes without a profile.
  static constexpr std::size_t bytes(std::size_t threads) {
    const std::size_t floats = kept_floats + threads * thread_floats + gradients_floats +
                               Optimizer::slots * parameters + Batch + squares_count;
    return sizeof(float) * floats + sizeof(std::uint8_t) * Batch;
  }

  StepState(int threads, bool profile)
      : workspaces(static_cast<std::size_t>(threads) * thread_floats),
        correct(Batch),
        times(profile ? static_cast<std::size_t>(threads) : 0) {}

  /// What a thread of the team works in.
  Storage memory(int worker) { return {kept.data(), Batch, workspace(worker), tile}; }
  float* scratch(int worker) { return workspace(worker) + transient_floats; }

  /// Where the gradients of the i-th tile of samples are stored.
  float* gradients_of(int i) {
    return gradients.data() + static_cast<std::size_t>(i) * gradient_floats;
  }

  /// The times of `worker`, which begin to count; null in a step that is not timed.
  PassTimes<Net>* start(int worker) {
    if (!timed) return nullptr;
    PassTimes<Net>& own = times[static_cast<std::size_t>(worker)];
    own.start();
    return &own;
  }

  Buffer kept{kept_floats};                     // activations and gradients of the whole batch
  Buffer workspaces;                            // one for each thread
  Buffer gradients{gradients_floats};           // that are stored, of each tile of samples
  Buffer slots{Optimizer::slots * parameters};  // what the optimiser keeps
  Buffer losses{Batch};                         // of each sample
  Buffer squares{squares_count};                // of the weights, of each tile that updates some
  std::vector<std::uint8_t> correct;            // whether each sample was
  std::vector<PassTimes<Net>> times;            // of each thread, where a profile is wanted
  bool timed = false;                           // whether this step adds to them

 private:
  float* workspace(int worker) {
    return workspaces.data() + static_cast<std::size_t>(worker) * thread_floats;
  }
};

}  // namespace etch

#endif
