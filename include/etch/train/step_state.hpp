#ifndef ETCH_TRAIN_STEP_STATE_HPP
#define ETCH_TRAIN_STEP_STATE_HPP

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include "etch/base/buffer.hpp"
#include "etch/base/team.hpp"
#include "etch/layer/contract.hpp"
#include "etch/net/arena.hpp"
#include "etch/net/pass_times.hpp"

namespace etch {

/// Samples that one thread carries through the whole network at a time. Fixed by the type, so that
/// sums do not depend on the team. Two register tiles of a dense layer; one for small batches, of
/// which a team would otherwise get too few pieces.
constexpr int sample_tile(int batch) {
  return batch >= 32 ? 16 : 8;
}

/// Parameters that one thread updates at a time: 16 KiB of them and 16 of gradients fit into L1.
inline constexpr std::size_t update_tile = 4096;

/// The memory of training, apart from the parameters themselves.
template <class Net, int Batch, class Optimizer>
struct StepState {
  explicit StepState(int threads, bool profile)
      : scratch(scratch_floats * static_cast<std::size_t>(threads)),
        times(profile ? static_cast<std::size_t>(threads) : 0) {}

  /// A pass's scratch memory, or a picture before it is warped.
  static constexpr std::size_t scratch_floats =
      std::max(Arena<Net>::scratch(Batch), std::size_t{Net::Input::stride});
  static constexpr std::size_t update_tiles = ceil_div(Arena<Net>::parameters.floats, update_tile);

  Buffer activations{Batch * Arena<Net>::activation_floats};
  Buffer gradients{Batch * Arena<Net>::activation_floats};  // of the activations, laid out alike
  Buffer parameter_gradients{Arena<Net>::parameters.floats};
  Buffer kept{Optimizer::slots * Arena<Net>::parameters.floats};  // by the optimiser
  Buffer scratch;                                                 // one part for each thread
  std::array<float, Batch> losses{};                              // of each sample
  std::array<std::uint8_t, Batch> correct{};                      // whether each was
  std::array<float, update_tiles> squares{};  // sums of the squared weights of each tile
  std::vector<PassTimes<Net>> times;          // of each thread, where a profile is wanted

  /// The times of `worker`, which begin to count; null where no profile is wanted.
  PassTimes<Net>* start(int worker) {
    if (times.empty()) return nullptr;
    PassTimes<Net>& own = times[static_cast<std::size_t>(worker)];
    own.start();
    return &own;
  }
};

}  // namespace etch

#endif
