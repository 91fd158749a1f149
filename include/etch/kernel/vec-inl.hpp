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

#include <cstddef>
#include <type_traits>

// Everything inside a register tile is unrolled, so that arrays of vectors become registers.
#ifndef ETCH_UNROLL
#if defined(__clang__)
#define ETCH_UNROLL _Pragma("clang loop unroll(full)")
#else
#define ETCH_UNROLL _Pragma("GCC unroll 1024")
#endif
#endif

// Lambdas do not inherit the target that Highway gives to functions.
#ifndef ETCH_LAMBDA
#define ETCH_LAMBDA HWY_ATTR __attribute__((always_inline))
#endif

HWY_BEFORE_NAMESPACE();
namespace etch::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

/// Vectors of at most 16 floats: parameters lie in panels whose width is a multiple of it.
using FloatTag = hn::CappedTag<float, 16>;
using Vec = hn::Vec<FloatTag>;
inline constexpr FloatTag float_tag;
inline constexpr int lanes = static_cast<int>(hn::MaxLanes(FloatTag()));

/// Vector registers of the target. AVX-512 and NEON have 32, SSE and AVX2 have 16.
#if HWY_ARCH_ARM || HWY_TARGET <= HWY_AVX3
inline constexpr int registers = 32;
#else
inline constexpr int registers = 16;
#endif

template <int N>
using Int = std::integral_constant<int, N>;

/// Loads the first `count` lanes, zero in the others; touches no memory behind them.
HWY_INLINE Vec load_first(const float* HWY_RESTRICT from, int count) {
  if (count >= lanes) return hn::LoadU(float_tag, from);
  alignas(64) float whole[lanes] = {};
  for (int i = 0; i < count; ++i) whole[i] = from[i];
  return hn::Load(float_tag, whole);
}

/// Stores the first `count` lanes and touches no memory behind them.
HWY_INLINE void store_first(Vec v, float* HWY_RESTRICT to, int count) {
  if (count >= lanes) return hn::StoreU(v, float_tag, to);
  alignas(64) float whole[lanes];
  hn::Store(v, float_tag, whole);
  for (int i = 0; i < count; ++i) to[i] = whole[i];
}

/// Calls `tile(Int<R>, first_row)` for tiles of R = Most, 4, 2 and 1 rows that cover `rows`.
template <int Most, class Tile>
HWY_INLINE void for_row_tiles(int rows, const Tile& tile) {
  int row = 0;
  for (; row + Most <= rows; row += Most) tile(Int<Most>(), row);
  if constexpr (Most > 4) {
    for (; row + 4 <= rows; row += 4) tile(Int<4>(), row);
  }
  if constexpr (Most > 2) {
    for (; row + 2 <= rows; row += 2) tile(Int<2>(), row);
  }
  for (; row < rows; ++row) tile(Int<1>(), row);
}

}  // namespace etch::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
