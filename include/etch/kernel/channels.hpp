#ifndef ETCH_KERNEL_CHANNELS_HPP
#define ETCH_KERNEL_CHANNELS_HPP

namespace etch {

/// Whether the vectors that hold a pixel's channels end with it, on every target. Elsewhere a load
/// of the next pixel overlaps the masked store of this one, which cannot be forwarded, and waits
/// for it: in place LeNet-5's first pooling, of 6 channels, takes its data gradient 5 times as
/// long.
constexpr bool channels_fill_vectors(int channels) {
  return channels == 4 || channels == 8 || channels % 16 == 0;
}

}  // namespace etch

#endif
