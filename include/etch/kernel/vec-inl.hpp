// What all kernels share: the vector type, the size of the register file, unrolling, and vectors
// of which only some lanes are there.

#if defined(ETCH_KERNEL_VEC_INL_HPP) == defined(HWY_TARGET_TOGGLE)
#ifdef ETCH_KERNEL_VEC_INL_HPP
#undef ETCH_KERNEL_VEC_INL_HPP
#else
#define ETCH_KERNEL_VEC_INL_HPP
#endif

#include "etch/kernel/simd.hpp"

#include <hwy/highway.h>

#include <algorithm>
#include <cstddef>
#include <type_traits>

#include "etch/base/round.hpp"
#include "etch/kernel/loop_sizes.hpp"

// Everything inside a register tile is unrolled, so that arrays of vectors become registers.
#ifndef ETCH_UNROLL
#if defined(__clang__)
#define ETCH_UNROLL _Pragma("clang loop unroll(full)")
#define ETCH_UNROLL_TWICE _Pragma("clang loop unroll_count(2)")
#else
#define ETCH_UNROLL _Pragma("GCC unroll 1024")
#define ETCH_UNROLL_TWICE _Pragma("GCC unroll 2")
#endif
#endif

// Lambdas do not inherit the target that Highway gives to functions. ETCH_TILE is the same as a
// function of its own: what is inlined by force is optimised at each level again, from a register
// tile up to the layer (mlp_deep compiles in 10.2 s, 13.5 with all of dense layers' inlined). Tiles
// of few outputs are too short for it (16x64x10, forward: 5 % longer), and those of convolutions
// compile no faster.
#ifndef ETCH_LAMBDA
#define ETCH_LAMBDA HWY_ATTR __attribute__((always_inline))
#define ETCH_TILE HWY_ATTR HWY_NOINLINE
#endif

HWY_BEFORE_NAMESPACE();
namespace etch::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

/// Vectors of at most 16 floats: parameters lie in panels whose width is a multiple of it.
using FloatTag = hn::CappedTag<float, 16>;
using Vec = hn::Vec<FloatTag>;
inline constexpr FloatTag float_tag;
template <class Tag>
inline constexpr int lanes_of = static_cast<int>(hn::MaxLanes(Tag()));
inline constexpr int lanes = lanes_of<FloatTag>;

/// Vector registers of the target. AVX-512 and 64-bit NEON have 32, SSE and AVX2 have 16.
#if HWY_ARCH_ARM_A64 || (HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX3)
inline constexpr int registers = 32;
#else
inline constexpr int registers = 16;
#endif

template <int N>
using Int = std::integral_constant<int, N>;

/// The narrowest vectors that hold `Count` floats, for arrays of few columns. Where the units take
/// two half vectors for one (Zen 4), that halves the work that padding costs; elsewhere it is free.
template <int Count>
using TagFor = hn::CappedTag<float, Count <= 4   ? 4
                                    : Count <= 8 ? 8
                                                 : 16>;

/// `v`, which stays in a register: where one load serves several products, g++ 12 would otherwise
/// load anew for each of them, and two loads a cycle feed but two products.
template <class V>
HWY_INLINE V in_register(V v) {
#if HWY_ARCH_X86
  asm("" : "+v"(v.raw));
#endif
  return v;
}

/// `p`, behind which the compiler sees nothing it has seen before: of loads that are the same in
/// every round of a loop it would otherwise fill more registers than there are, and store those.
template <class T>
HWY_INLINE T* seen_anew(T* p) {
  asm volatile("" : "+r"(p));
  return p;
}

/// Fetches the cache line at `p` for a store to come, away from other processors' caches. x86-64
/// processors have always had or ignored the instruction, but g++ writes it only where a target
/// names it, and reads the line otherwise: the store then waits until the others let go (mlp_l2's
/// weights, updated by two threads: 1.8 ms, 1.15 with it).
HWY_INLINE void fetch_to_store(const float* p) {
#if HWY_ARCH_X86
  asm volatile("prefetchw %0" : : "m"(*p));
#else
  __builtin_prefetch(p, 1, 3);
#endif
}

/// Loads the first `count` lanes, zero in the others; touches no memory behind them.
template <class Tag>
HWY_INLINE hn::Vec<Tag> load_first(Tag d, const float* HWY_RESTRICT from, int count) {
  if (count >= lanes_of<Tag>) return hn::LoadU(d, from);
#if HWY_TARGET <= HWY_AVX2 && HWY_ARCH_X86 && !HWY_IS_ASAN  // which does not see AVX2's
  return hn::MaskedLoad(hn::FirstN(d, static_cast<std::size_t>(count)), d, from);
#else
  alignas(64) float whole[lanes_of<Tag>] = {};
  for (int i = 0; i < count; ++i) whole[i] = from[i];
  return hn::Load(d, whole);
#endif
}

/// Stores the first `count` lanes and touches no memory behind them.
template <class Tag>
HWY_INLINE void store_first(hn::Vec<Tag> v, Tag d, float* HWY_RESTRICT to, int count) {
  if (count >= lanes_of<Tag>) return hn::StoreU(v, d, to);
#if HWY_TARGET <= HWY_AVX3 && HWY_ARCH_X86
  hn::BlendedStore(v, hn::FirstN(d, static_cast<std::size_t>(count)), d, to);
#else
  alignas(64) float whole[lanes_of<Tag>];
#if HWY_ARCH_X86
  // Where `count` is a constant, g++ 12 would fetch the lanes from the array that v stands in, and
  // keep the sums of a whole tile in memory for it: LeNet-5's second data gradient took half as
  // long again.
  asm("" : "+x"(v.raw));
#endif
  hn::Store(v, d, whole);
  // It is less here; but at -O1 and -O2 g++ 12 forgets that, and warns of lanes beyond the last.
  for (int i = 0; i < std::min(count, lanes_of<Tag>); ++i) to[i] = whole[i];
#endif
}

/// Calls `tile(Int<R>, first_row)` for tiles of R = Most, 4, 2 and 1 rows that cover `rows`. Where
/// a third of a tile would be left, two tiles of two thirds are better: eight are twice 4, not 6
/// and 2, whose sums are too few to keep the units busy.
template <int Most, class Tile>
HWY_INLINE void for_row_tiles(int rows, const Tile& tile) {
  static_assert(Most <= 8);
  int row = 0;
  for (; row + Most <= rows && 3 * (rows - row) != 4 * Most; row += Most) {
    tile(Int<Most>(), row);
  }
  if constexpr (Most > 4) {
    for (; row + 4 <= rows; row += 4) tile(Int<4>(), row);
  }
  if constexpr (Most > 2) {
    for (; row + 2 <= rows; row += 2) tile(Int<2>(), row);
  }
  for (; row < rows; ++row) tile(Int<1>(), row);
}

/// The same from `row` on, where their number is known: only tiles that occur are compiled. Those
/// of up to 12 rows leave no third, either; tiles of 24 rows are of one vector, and leave enough.
template <int Most, int Rows, class Tile>
HWY_INLINE void for_row_tiles(Int<Rows>, const Tile& tile, int row = 0) {
  constexpr bool third_left = Most <= 12 && Rows > Most && 3 * (Rows % Most) == Most;
  constexpr int tiles = Rows / Most - (third_left ? 1 : 0), rest = Rows - tiles * Most;
  if constexpr (tiles > 0) {
    ETCH_SPECIALISED const int count = loop_sizes<tiles>();
    for (int i = 0; i < count; ++i) tile(Int<Most>(), row + i * Most);
  }
  if constexpr (rest > 0) {
    constexpr int next = Most > 8 ? 8 : Most > 4 ? 4 : Most > 2 ? 2 : 1;
    for_row_tiles<next>(Int<rest>(), tile, row + tiles * Most);
  }
}

}  // namespace etch::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
