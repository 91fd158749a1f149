// Dropout's mask from counter-based random numbers: Philox4x32-10 in vectors.

#if defined(ETCH_KERNEL_DROPOUT_INL_HPP) == defined(HWY_TARGET_TOGGLE)
#ifdef ETCH_KERNEL_DROPOUT_INL_HPP
#undef ETCH_KERNEL_DROPOUT_INL_HPP
#else
#define ETCH_KERNEL_DROPOUT_INL_HPP
#endif

#include "etch/base/philox.hpp"
#include "etch/kernel/vec-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace etch::HWY_NAMESPACE {

using WordTag = hn::RebindToUnsigned<FloatTag>;
using Words = hn::Vec<WordTag>;

/// The lower and the upper halves of the 64-bit products of `a` with one factor.
HWY_INLINE void multiply(Words a, std::uint32_t factor, Words& low, Words& high) {
  const WordTag d;
  const hn::RepartitionToWide<WordTag> wide;
  const auto f = hn::Set(d, factor);
  const auto even = hn::MulEven(a, f);
  const auto odd = hn::MulEven(hn::BitCast(d, hn::ShiftRight<32>(hn::BitCast(wide, a))), f);
  const auto above = hn::OddEven(hn::BitCast(d, odd), hn::BitCast(d, hn::ShiftRight<32>(even)));
  low = hn::OddEven(hn::BitCast(d, hn::ShiftLeft<32>(odd)), hn::BitCast(d, even));
  high = above;
}

/// One block of four words in each lane, the lanes' counters from `first_block` on: the same words
/// as RandomStream::block.
HWY_INLINE void philox(RandomStream stream, std::uint32_t sequence, std::uint32_t first_block,
                       Words (&c)[4]) {
  const WordTag d;
  const Philox::Counter counter = stream.counter(first_block, sequence);
  Philox::Key key = stream.key();
  c[0] = hn::Add(hn::Iota(d, 0), hn::Set(d, counter[0]));
  for (std::size_t i = 1; i < 4; ++i) c[i] = hn::Set(d, counter[i]);
  for (int round = 0; round < Philox::rounds; ++round) {
    Words low_0, high_0, low_1, high_1;
    multiply(c[0], Philox::multiplier_0, low_0, high_0);
    multiply(c[2], Philox::multiplier_1, low_1, high_1);
    c[0] = hn::Xor(hn::Xor(high_1, c[1]), hn::Set(d, key[0]));
    c[1] = low_1;
    c[2] = hn::Xor(hn::Xor(high_0, c[3]), hn::Set(d, key[1]));
    c[3] = low_0;
    key[0] += Philox::weyl_0;
    key[1] += Philox::weyl_1;
  }
}

/// y[i] = x[i] / (1 - rate) where the stream's uniform number i of `sequence` is at least `rate`,
/// else 0, for i < size. x and y are readable and writable up to a multiple of 16.
inline void dropout(const float* x, float* y, int size, float rate, RandomStream stream,
                    std::uint32_t sequence) {
  const WordTag d;
  const Vec threshold = hn::Set(float_tag, rate), scale = hn::Set(float_tag, 1 / (1 - rate));
  for (int i = 0; i < size; i += 4 * lanes) {
    Words words[4];
    philox(stream, sequence, static_cast<std::uint32_t>(i) / 4, words);
    alignas(64) std::uint32_t in_order[4 * lanes];
    hn::StoreInterleaved4(words[0], words[1], words[2], words[3], d, in_order);
    for (int j = 0; j < 4 * lanes && i + j < size; j += lanes) {
      const auto upper =
          hn::BitCast(hn::RebindToSigned<FloatTag>(), hn::ShiftRight<8>(hn::Load(d, in_order + j)));
      const Vec u = hn::Mul(hn::ConvertTo(float_tag, upper), hn::Set(float_tag, 0x1p-24f));
      const Vec scaled = hn::Mul(hn::LoadU(float_tag, x + i + j), scale);
      hn::StoreU(hn::IfThenElseZero(hn::Ge(u, threshold), scaled), float_tag, y + i + j);
    }
  }
}

}  // namespace etch::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
