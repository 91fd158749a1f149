#ifndef ETCH_TRAIN_PROFILE_HPP
#define ETCH_TRAIN_PROFILE_HPP

#include <chrono>
#include <cstdint>

#include "etch/net/pass_times.hpp"

namespace etch {

/// Where the time of training steps went. One step in `every` is timed: reading the clock around
/// each pass takes 3.5 % of logistic_l2's 33 us. It divides no power of ten, so that steps behind
/// an evaluation, which left the caches to other data, are not timed more often than others.
template <class Net>
struct Profile {
  static constexpr std::uint32_t every = 7;

  PassTimes<Net> passes;                       // of all threads together
  typename PassTimes<Net>::Time steps_time{};  // from the beginning to the end of each step, summed
  std::uint32_t steps = 0;                     // that were timed
  int threads = 1;
};

}  // namespace etch

#endif
