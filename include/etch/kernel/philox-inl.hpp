// Counter-based random numbers in vectors: Philox4x32-10, the same words as RandomStream::block.

#if defined(ETCH_KERNEL_PHILOX_INL_HPP) == defined(HWY_TARGET_TOGGLE)
#ifdef ETCH_KERNEL_PHILOX_INL_HPP
#undef ETCH_KERNEL_PHILOX_INL_HPP
#else
#define ETCH_KERNEL_PHILOX_INL_HPP
#endif

#include <array>
#include <cstdint>

#include "etch/base/philox.hpp"
#include "etch/kernel/vec-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace etch::HWY_NAMESPACE {

using WordTag = hn::RebindToUnsigned<FloatTag>;
using Words = hn::Vec<WordTag>;

/// Numbers of 64 bits whose lower halves are words and whose upper halves are anything: a product
/// leaves its lower half where the next round multiplies it, and its upper half one shift away.
using HalvesTag = hn::RepartitionToWide<WordTag>;
using Halves = hn::Vec<HalvesTag>;

/// The words in the lower halves of two vectors: lane 2 i of lane i of `even`, 2 i + 1 of `odd`.
HWY_INLINE Words interleave(Halves even, Halves odd) {
  const WordTag d;
  return hn::OddEven(hn::DupEven(hn::BitCast(d, odd)), hn::BitCast(d, even));
}

/// The blocks of one sequence of a stream.
class PhiloxBlocks {
 public:
  PhiloxBlocks(RandomStream stream, std::uint32_t sequence)
      : counter_(stream.counter(0, sequence)) {
    keys_[0] = stream.key();
    for (std::size_t round = 1; round < keys_.size(); ++round) {
      keys_[round] = {keys_[round - 1][0] + Philox::weyl_0, keys_[round - 1][1] + Philox::weyl_1};
    }
  }

  /// The four words of the blocks whose numbers are in `blocks`. A block is a chain of ten rounds,
  /// of which several at once take less time than one after another.
  template <int N>
  HWY_INLINE void draw(const Halves (&blocks)[N], Halves (&words)[N][4]) const {
    ETCH_UNROLL for (int n = 0; n < N; ++n) {
      words[n][0] = blocks[n];
      for (std::size_t i = 1; i < 4; ++i) words[n][i] = every(counter_[i]);
    }
    ETCH_UNROLL for (const Philox::Key& key : keys_) {
      ETCH_UNROLL for (auto& c : words) {
        const Halves p0 = multiply(c[0], Philox::multiplier_0);
        const Halves p1 = multiply(c[2], Philox::multiplier_1);
        c[0] = hn::Xor3(upper(p1), c[1], every(key[0]));
        c[1] = p1;
        c[2] = hn::Xor3(upper(p0), c[3], every(key[1]));
        c[3] = p0;
      }
    }
  }

 private:
  static HWY_INLINE Halves every(std::uint32_t word) {
    return hn::BitCast(HalvesTag(), hn::Set(WordTag(), word));
  }
  static HWY_INLINE Halves multiply(Halves a, std::uint32_t factor) {
    return hn::MulEven(hn::BitCast(WordTag(), a), hn::Set(WordTag(), factor));
  }

  /// A shuffle, because a shift waits for the port that multiplies (on AVX-512, 6 % of dropout).
  static HWY_INLINE Halves upper(Halves product) {
    return hn::BitCast(HalvesTag(), hn::DupOdd(hn::BitCast(WordTag(), product)));
  }

  Philox::Counter counter_;
  std::array<Philox::Key, Philox::rounds> keys_;
};

}  // namespace etch::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
