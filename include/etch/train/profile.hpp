#ifndef ETCH_TRAIN_PROFILE_HPP
#define ETCH_TRAIN_PROFILE_HPP

#include <chrono>
#include <cstdint>

#include "etch/net/pass_times.hpp"

namespace etch {

/// Where the time of training steps went.
template <class Net>
struct Profile {
  PassTimes<Net> passes;                       // of all threads together
  typename PassTimes<Net>::Time steps_time{};  // from the beginning to the end of each step, summed
  std::uint32_t steps = 0;
  int threads = 1;
};

}  // namespace etch

#endif
