#ifndef ETCH_KERNEL_CHANNELS_HPP
#define ETCH_KERNEL_CHANNELS_HPP

#include "etch/base/round.hpp"

namespace etch {

/// Floats of the vectors that hold a pixel's channels, on the target where they are most.
constexpr int channel_lanes(int channels) {
  return channels <= 4 ? 4 : channels <= 8 ? 8 : round_up(channels, 16);
}

/// Whether the vectors that hold a pixel's channels end with it, on every target. Elsewhere, in
/// place, a load of the next pixel overlaps the masked store of this one, which cannot be
/// forwarded, and waits for it: a data gradient of 6 channels took 5 times as long.
constexpr bool channels_fill_vectors(int channels) {
  return channel_lanes(channels) == channels;
}

}  // namespace etch

#endif
