// Dropout's mask, from counter-based random numbers.

#if defined(ETCH_KERNEL_DROPOUT_INL_HPP) == defined(HWY_TARGET_TOGGLE)
#ifdef ETCH_KERNEL_DROPOUT_INL_HPP
#undef ETCH_KERNEL_DROPOUT_INL_HPP
#else
#define ETCH_KERNEL_DROPOUT_INL_HPP
#endif

#include <array>
#include <cmath>
#include <cstdint>

#include "etch/kernel/philox-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace etch::HWY_NAMESPACE {

/// Words [first, first + 2 * lanes) of a sequence, in order; `first` is a multiple of 4.
HWY_INLINE void words_in_order(const PhiloxBlocks& sequence, int first, Words (&words)[2]) {
  // Within 16 bytes two lanes interleave to a block each: blocks are dealt out so that this is the
  // order of a whole vector.
  constexpr std::size_t per_vector = lanes / 4;
  alignas(64) static constexpr auto dealt = [] {
    std::array<std::uint64_t, 2 * per_vector> block{};
    for (std::size_t i = 0; i < block.size(); ++i) block[i] = i % 2 * per_vector + i / 2;
    return block;
  }();
  const HalvesTag d;
  const auto before = hn::Set(d, static_cast<std::uint64_t>(first / 4));
  Halves c[4];
  sequence.draw(hn::Add(hn::Load(d, dealt.data()), before), c);
  const auto front = hn::BitCast(d, interleave(c[0], c[1]));
  const auto back = hn::BitCast(d, interleave(c[2], c[3]));
  words[0] = hn::BitCast(WordTag(), hn::InterleaveLower(d, front, back));
  words[1] = hn::BitCast(WordTag(), hn::InterleaveUpper(d, front, back));
}

/// y[i] = x[i] / (1 - rate) where the stream's uniform number i of `sequence` is at least `rate`,
/// else 0, for i < size. x and y are readable and writable up to a multiple of 16.
inline void dropout(const float* x, float* y, int size, float rate, RandomStream stream,
                    std::uint32_t sequence) {
  // uniform(word) < rate, said of the word itself.
  const auto least_kept = static_cast<std::uint32_t>(std::ceil(rate * 0x1p24f)) << 8;
  const Words threshold = hn::Set(WordTag(), least_kept);
  const Vec scale = hn::Set(float_tag, 1 / (1 - rate));
  const PhiloxBlocks blocks(stream, sequence);
  for (int i = 0; i < size; i += 2 * lanes) {
    Words words[2];
    words_in_order(blocks, i, words);
    for (int j = 0; j < 2 && i + j * lanes < size; ++j) {
      const Vec scaled = hn::Mul(hn::LoadU(float_tag, x + i + j * lanes), scale);
      const auto dropped = hn::RebindMask(float_tag, hn::Lt(words[j], threshold));
      hn::StoreU(hn::IfThenZeroElse(dropped, scaled), float_tag, y + i + j * lanes);
    }
  }
}

}  // namespace etch::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
