#ifndef ETCH_KERNEL_CHANNELS_HPP
#define ETCH_KERNEL_CHANNELS_HPP

#include <bit>

namespace etch {

/// Whether the vectors that hold a pixel's channels end with it, on every target. Where the last
/// one does not, a load that follows a store reaches into what is not yet in the cache, and waits:
/// in place, LeNet-5's first pooling of 6 channels takes its data gradient 5 times as long.
constexpr bool channels_fill_vectors(int channels) {
  return channels % 16 == 0 || (channels >= 4 && channels < 16 &&
                                std::has_single_bit(static_cast<unsigned>(channels)));
}

}  // namespace etch

#endif
