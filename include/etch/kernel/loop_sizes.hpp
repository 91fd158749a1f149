#ifndef ETCH_KERNEL_LOOP_SIZES_HPP
#define ETCH_KERNEL_LOOP_SIZES_HPP

// What it is worth that a kernel knows its sizes. A kernel is a template of `sizes`, which shape
// its register tile: vectors, rows and columns of the tile, the window's taps, what is unrolled.
// Its loops over tiles count with
//
//   ETCH_SPECIALISED const DenseSizes s = loop_sizes<sizes>();
//
// which is the same constant. With ETCH_SIZES_AT_RUN_TIME defined it is a variable of which the
// optimiser knows nothing: the same tiles then run in loops whose bounds and strides come as
// arguments would, as in a library that is compiled before it knows a network. tools/ledger.py
// puts the two side by side.

namespace etch {

#if defined(ETCH_SIZES_AT_RUN_TIME)

#define ETCH_SPECIALISED
template <auto sizes>
[[gnu::always_inline]] inline auto loop_sizes() {
  auto copy = sizes;
  asm("" : "+m"(copy));
  return copy;
}

#else

#define ETCH_SPECIALISED static constexpr
template <auto sizes>
constexpr auto loop_sizes() {
  return sizes;
}

#endif

}  // namespace etch

#endif
