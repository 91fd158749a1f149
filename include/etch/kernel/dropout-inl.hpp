// Dropout's mask, from counter-based random numbers.

#if defined(ETCH_KERNEL_DROPOUT_INL_HPP) == defined(HWY_TARGET_TOGGLE)
#ifdef ETCH_KERNEL_DROPOUT_INL_HPP
#undef ETCH_KERNEL_DROPOUT_INL_HPP
#else
#define ETCH_KERNEL_DROPOUT_INL_HPP
#endif

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>

#include "etch/base/round.hpp"
#include "etch/kernel/philox-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace etch::HWY_NAMESPACE {

/// Words [first, first + 2 * N * lanes) of a sequence, in order; `first` is a multiple of 4.
template <int N>
HWY_INLINE void words_in_order(const PhiloxBlocks& sequence, int first, Words (&words)[N][2]) {
  // Within 16 bytes two lanes interleave to a block each: blocks are dealt out so that this is the
  // order of a whole vector.
  constexpr int per_vector = lanes / 4;
  alignas(64) static constexpr auto dealt = [] {
    std::array<std::uint64_t, 2 * per_vector> block{};
    for (std::size_t i = 0; i < block.size(); ++i) block[i] = i % 2 * per_vector + i / 2;
    return block;
  }();
  const HalvesTag d;
  Halves blocks[N], c[N][4];
  ETCH_UNROLL for (int n = 0; n < N; ++n) {
    const auto before = static_cast<std::uint64_t>(first / 4 + n * 2 * per_vector);
    blocks[n] = hn::Add(hn::Load(d, dealt.data()), hn::Set(d, before));
  }
  sequence.draw(blocks, c);
  ETCH_UNROLL for (int n = 0; n < N; ++n) {
    const auto front = hn::BitCast(d, interleave(c[n][0], c[n][1]));
    const auto back = hn::BitCast(d, interleave(c[n][2], c[n][3]));
    words[n][0] = hn::BitCast(WordTag(), hn::InterleaveLower(d, front, back));
    words[n][1] = hn::BitCast(WordTag(), hn::InterleaveUpper(d, front, back));
  }
}

/// y[i] = x[i] / (1 - rate) where the stream's uniform number i of `sequence` is at least `rate`,
/// else 0, for i < Size. x and y are readable and writable up to a multiple of 16.
template <int Size>
void dropout(const float* x, float* y, float rate, RandomStream stream, std::uint32_t sequence) {
  // Four draws at once fill 32 registers (mlp_deep's 128x1024: 28 µs, 37 by one); AVX2 and SSE4,
  // with 16, gain a fifth.
  constexpr int draws = std::min(ceil_div(Size, 2 * lanes), 4);
  // uniform(word) < rate, said of the word itself.
  const auto least_kept = static_cast<std::uint32_t>(std::ceil(rate * 0x1p24f)) << 8;
  const Words threshold = hn::Set(WordTag(), least_kept);
  const Vec scale = hn::Set(float_tag, 1 / (1 - rate));
  const PhiloxBlocks blocks(stream, sequence);
  for (int first = 0; first < Size; first += 2 * draws * lanes) {
    Words words[draws][2];
    words_in_order(blocks, first, words);
    ETCH_UNROLL for (int v = 0; v < 2 * draws; ++v) {
      const int i = first + v * lanes;
      if (i >= Size) break;
      const Vec scaled = hn::Mul(hn::LoadU(float_tag, x + i), scale);
      const auto dropped = hn::RebindMask(float_tag, hn::Lt(words[v / 2][v % 2], threshold));
      hn::StoreU(hn::IfThenZeroElse(dropped, scaled), float_tag, y + i);
    }
  }
}

}  // namespace etch::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
