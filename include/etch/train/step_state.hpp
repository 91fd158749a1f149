#ifndef ETCH_TRAIN_STEP_STATE_HPP
#define ETCH_TRAIN_STEP_STATE_HPP

#include <algorithm>
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

namespace etch {

/// Samples that one thread carries through a whole network of so many parameters at a time. Fixed
/// by the type, so that sums do not depend on the team, and at most half the batch, rounded up to
/// register tiles, so that a team has something to share out.
constexpr int sample_tile(int batch, std::size_t parameters) {
  const int half = round_up(ceil_div(batch, 2), batch >= 32 ? 16 : 8);
  return std::min({batch, half, samples_together(parameters)});
}

/// Calls `f(first, rows)` for each such piece of a batch.
template <int Batch, std::size_t Parameters, class F>
constexpr void for_each_sample_tile(F&& f) {
  constexpr int most = sample_tile(Batch, Parameters);
  for (int first = 0; first < Batch; first += most) f(first, std::min(most, Batch - first));
}

/// Parameters that one thread updates at a time: 16 KiB of them and 16 of gradients fit into L1.
inline constexpr std::size_t update_tile = 4096;

/// The memory of training, apart from the model's.
template <class Net, int Batch, class Optimizer>
struct StepState {
  static constexpr std::size_t parameters = Arena<Net>::parameters.floats;
  static constexpr std::size_t update_tiles = ceil_div(parameters, update_tile);
  static constexpr std::size_t kept_floats = Batch * training_plan<Net>.kept;
  static constexpr int tile = sample_tile(Batch, Net::parameters);
  static constexpr std::size_t transient_floats = tile * training_plan<Net>.transient;
  /// A pass's scratch memory, or a picture before it is warped.
  static constexpr std::size_t scratch_floats =
      std::max(Arena<Net>::scratch(Batch), std::size_t{Net::Input::stride});
  static constexpr std::size_t thread_floats = transient_floats + scratch_floats;

  /// What all of it takes without a profile.
  static constexpr std::size_t bytes(std::size_t threads) {
    const std::size_t floats = kept_floats + threads * thread_floats + parameters +
                               Optimizer::slots * parameters + Batch + update_tiles;
    return sizeof(float) * floats + sizeof(std::uint8_t) * Batch;
  }

  StepState(int threads, bool profile)
      : workspaces(static_cast<std::size_t>(threads) * thread_floats),
        correct(Batch),
        times(profile ? static_cast<std::size_t>(threads) : 0) {}

  /// What a thread of the team works in.
  Storage memory(int worker) { return {kept.data(), Batch, workspace(worker), tile}; }
  float* scratch(int worker) { return workspace(worker) + transient_floats; }

  /// The times of `worker`, which begin to count; null where no profile is wanted.
  PassTimes<Net>* start(int worker) {
    if (times.empty()) return nullptr;
    PassTimes<Net>& own = times[static_cast<std::size_t>(worker)];
    own.start();
    return &own;
  }

  Buffer kept{kept_floats};                     // activations and gradients of the whole batch
  Buffer workspaces;                            // one for each thread
  Buffer parameter_gradients{parameters};       // laid out as the parameters are
  Buffer slots{Optimizer::slots * parameters};  // what the optimiser keeps
  Buffer losses{Batch};                         // of each sample
  Buffer squares{update_tiles};                 // sums of the squared weights of each tile
  std::vector<std::uint8_t> correct;            // whether each sample was
  std::vector<PassTimes<Net>> times;            // of each thread, where a profile is wanted

 private:
  float* workspace(int worker) {
    return workspaces.data() + static_cast<std::size_t>(worker) * thread_floats;
  }
};

}  // namespace etch

#endif
