// Square blocks of floats, rows for columns.

#if defined(ETCH_KERNEL_TRANSPOSE_INL_HPP) == defined(HWY_TARGET_TOGGLE)
#ifdef ETCH_KERNEL_TRANSPOSE_INL_HPP
#undef ETCH_KERNEL_TRANSPOSE_INL_HPP
#else
#define ETCH_KERNEL_TRANSPOSE_INL_HPP
#endif

#include "etch/base/round.hpp"
#include "etch/kernel/vec-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace etch::HWY_NAMESPACE {

/// Transposes the N x N elements in N vectors of N lanes (floats: N = 4, 8, 16; pairs of them as
/// doubles: N = 2, 4, 8). First what is inside 128-bit blocks, then the blocks: N log2(N) shuffles.
template <class Tag, int N = lanes_of<Tag>>
HWY_INLINE void transpose(hn::Vec<Tag> (&rows)[N]) {
  const Tag d;
  constexpr int per_block = 16 / sizeof(hn::TFromD<Tag>);
  hn::Vec<Tag> t[N];
  if constexpr (per_block == 2) {
    ETCH_UNROLL for (int r = 0; r < N; r += 2) {
      t[r] = hn::InterleaveLower(d, rows[r], rows[r + 1]);
      t[r + 1] = hn::InterleaveUpper(d, rows[r], rows[r + 1]);
    }
  } else {
    const hn::Repartition<double, Tag> pairs;
    ETCH_UNROLL for (int r = 0; r < N; r += 4) {  // t[r + c]: column c of every 4 x 4 block
      const auto low_01 = hn::BitCast(pairs, hn::InterleaveLower(d, rows[r], rows[r + 1]));
      const auto low_23 = hn::BitCast(pairs, hn::InterleaveLower(d, rows[r + 2], rows[r + 3]));
      const auto high_01 = hn::BitCast(pairs, hn::InterleaveUpper(d, rows[r], rows[r + 1]));
      const auto high_23 = hn::BitCast(pairs, hn::InterleaveUpper(d, rows[r + 2], rows[r + 3]));
      t[r] = hn::BitCast(d, hn::InterleaveLower(pairs, low_01, low_23));
      t[r + 1] = hn::BitCast(d, hn::InterleaveUpper(pairs, low_01, low_23));
      t[r + 2] = hn::BitCast(d, hn::InterleaveLower(pairs, high_01, high_23));
      t[r + 3] = hn::BitCast(d, hn::InterleaveUpper(pairs, high_01, high_23));
    }
  }
  if constexpr (N == 4 * per_block) {  // 2 x 2 blocks inside each half
    ETCH_UNROLL for (int r = 0; r < N; r += 2 * per_block) {
      ETCH_UNROLL for (int c = 0; c < per_block; ++c) {
        const auto even = t[r + c], odd = t[r + c + per_block];
        t[r + c] = hn::OddEvenBlocks(hn::SwapAdjacentBlocks(odd), even);
        t[r + c + per_block] = hn::OddEvenBlocks(odd, hn::SwapAdjacentBlocks(even));
      }
    }
  }
  if constexpr (N >= 2 * per_block) {  // the two halves
    ETCH_UNROLL for (int r = 0; r < N / 2; ++r) {
      rows[r] = hn::ConcatLowerLower(d, t[r + N / 2], t[r]);
      rows[r + N / 2] = hn::ConcatUpperUpper(d, t[r + N / 2], t[r]);
    }
  } else {
    ETCH_UNROLL for (int r = 0; r < N; ++r) rows[r] = t[r];
  }
}

/// to[c * to_row + r] = from[r * from_row + c] for r < rows and c < columns, of which there may be
/// as many as lanes, and zero for r in [rows, stored); touches nothing else.
template <class Tag, int N = lanes_of<Tag>>
HWY_INLINE void transpose_block(const float* HWY_RESTRICT from, std::ptrdiff_t from_row, int rows,
                                float* HWY_RESTRICT to, std::ptrdiff_t to_row, int columns = N,
                                int stored = N) {
  const Tag d;
  hn::Vec<Tag> block[N];
  ETCH_UNROLL for (int r = 0; r < N; ++r) {
    block[r] = r < rows ? load_first(d, from + r * from_row, columns) : hn::Zero(d);
  }
  transpose<Tag>(block);
  ETCH_UNROLL for (int c = 0; c < N; ++c) {
    if (c < columns) store_first(block[c], d, to + c * to_row, stored);
  }
}

/// Adds what lies in lanes 2i and 2i + 1, for N / 2 vectors of N lanes, and transposes the
/// sums. The lower half of rows[r] becomes what the vectors had in pair r, the upper half what
/// they had in pair r + N / 4, for r < N / 4.
template <class Tag, int N = lanes_of<Tag>>
HWY_INLINE void add_pairs(hn::Vec<Tag> (&rows)[N / 2]) {
  const Tag d;
  const hn::Repartition<double, Tag> two;
  hn::Vec<decltype(two)> sums[N / 4];  // of two vectors, for two pairs in each block
  ETCH_UNROLL for (int r = 0; r < N / 4; ++r) {
    const auto a = rows[2 * r], b = rows[2 * r + 1];
    sums[r] = hn::BitCast(two, hn::Add(hn::OddEven(b, a), hn::Shuffle2301(hn::OddEven(a, b))));
  }
  if constexpr (N == 4) {
    rows[0] = hn::BitCast(d, sums[0]);
  } else if constexpr (N == 8) {
    rows[0] = hn::BitCast(d, hn::InterleaveLower(two, sums[0], sums[1]));
    rows[1] = hn::BitCast(d, hn::InterleaveUpper(two, sums[0], sums[1]));
  } else {
    const auto even_low = hn::InterleaveLower(two, sums[0], sums[1]);
    const auto even_high = hn::InterleaveLower(two, sums[2], sums[3]);
    const auto odd_low = hn::InterleaveUpper(two, sums[0], sums[1]);
    const auto odd_high = hn::InterleaveUpper(two, sums[2], sums[3]);
    rows[0] = hn::BitCast(d, hn::OddEvenBlocks(hn::SwapAdjacentBlocks(even_high), even_low));
    rows[1] = hn::BitCast(d, hn::OddEvenBlocks(hn::SwapAdjacentBlocks(odd_high), odd_low));
    rows[2] = hn::BitCast(d, hn::OddEvenBlocks(even_high, hn::SwapAdjacentBlocks(even_low)));
    rows[3] = hn::BitCast(d, hn::OddEvenBlocks(odd_high, hn::SwapAdjacentBlocks(odd_low)));
  }
}

/// Lane i of the result: the sum of the lanes of rows[i], for i < Count, and 0 for the others; the
/// stages of transpose, adding what it would keep apart. Destroys rows.
template <class Tag, int Count, int N = lanes_of<Tag>>
HWY_INLINE hn::Vec<Tag> sum_each(hn::Vec<Tag> (&rows)[N]) {
  const Tag d;
  const hn::Repartition<double, Tag> pairs;
  ETCH_UNROLL for (int r = Count; r < N; ++r) rows[r] = hn::Zero(d);
  ETCH_UNROLL for (int r = 0; 2 * r < Count; ++r) {
    rows[r] = hn::Add(hn::InterleaveLower(d, rows[2 * r], rows[2 * r + 1]),
                      hn::InterleaveUpper(d, rows[2 * r], rows[2 * r + 1]));
  }
  constexpr int halves = ceil_div(Count, 2);
  if constexpr (halves % 2 == 1 && halves < N) rows[halves] = hn::Zero(d);
  ETCH_UNROLL for (int r = 0; 2 * r < halves; ++r) {
    const auto a = hn::BitCast(pairs, rows[2 * r]), b = hn::BitCast(pairs, rows[2 * r + 1]);
    rows[r] = hn::Add(hn::BitCast(d, hn::InterleaveLower(pairs, a, b)),
                      hn::BitCast(d, hn::InterleaveUpper(pairs, a, b)));
  }
  constexpr int quarters = ceil_div(halves, 2);  // rows of four sums, one in each block
  ETCH_UNROLL for (int r = quarters; r < N / 4; ++r) rows[r] = hn::Zero(d);
  if constexpr (N == 16) {
    ETCH_UNROLL for (int r = 0; r < 2; ++r) {
      const auto even = rows[2 * r], odd = rows[2 * r + 1];
      rows[r] = hn::Add(hn::OddEvenBlocks(hn::SwapAdjacentBlocks(odd), even),
                        hn::OddEvenBlocks(odd, hn::SwapAdjacentBlocks(even)));
    }
  }
  if constexpr (N >= 8) {
    return hn::Add(hn::ConcatLowerLower(d, rows[1], rows[0]),
                   hn::ConcatUpperUpper(d, rows[1], rows[0]));
  } else {
    return rows[0];
  }
}

}  // namespace etch::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
