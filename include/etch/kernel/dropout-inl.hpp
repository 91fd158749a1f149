// Dropout: which elements it keeps, from counter-based random numbers, a bit for each, and what
// that makes of a vector on its way to memory.

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
#include <cstring>

#include "etch/base/round.hpp"
#include "etch/kernel/finish-inl.hpp"
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

/// The bits of two masks, one after the other.
HWY_INLINE void store_bits(hn::Mask<WordTag> first, hn::Mask<WordTag> second, std::uint8_t* to) {
  const WordTag d;
  if constexpr (lanes >= 8) {
    hn::StoreMaskBits(d, first, to);
    hn::StoreMaskBits(d, second, to + lanes / 8);
  } else {
    std::uint8_t halves[9];  // what is written at most
    hn::StoreMaskBits(d, first, &halves[0]);
    hn::StoreMaskBits(d, second, &halves[1]);
    *to = static_cast<std::uint8_t>(halves[0] | halves[1] << 4);
  }
}

/// Bit i of `kept`, for i < Size: whether the stream's uniform number i of `sequence` is at least
/// `rate`. Writes at most 80 bits behind them.
template <int Size>
void draw_kept(float rate, RandomStream stream, std::uint32_t sequence, std::uint8_t* kept) {
  // Four draws at once fill 32 registers; AVX2 and SSE4, with 16, gain a fifth.
  constexpr int draws = std::min(ceil_div(Size, 2 * lanes), 4);
  // uniform(word) < rate, said of the word itself.
  const auto least_kept = static_cast<std::uint32_t>(std::ceil(rate * 0x1p24f)) << 8;
  const Words threshold = hn::Set(WordTag(), least_kept);
  const PhiloxBlocks blocks(stream, sequence);
  for (int first = 0; first < Size; first += 2 * draws * lanes) {
    Words words[draws][2];
    words_in_order(blocks, first, words);
    ETCH_UNROLL for (int n = 0; n < draws; ++n) {
      const int i = first + 2 * n * lanes;
      if (i >= Size) break;
      store_bits(hn::Not(hn::Lt(words[n][0], threshold)), hn::Not(hn::Lt(words[n][1], threshold)),
                 kept + i / 8);
    }
  }
}

/// v times `factor` where it is kept, elsewhere zero.
struct Drop {
  const std::uint8_t* kept;  // a bit for each float from `y` on, and readable for 32 more
  const float* y;
  float factor;

  template <class D>
  HWY_INLINE hn::Vec<D> operator()(hn::Vec<D> v, D d, const float* to, int) const {
    return scaled_where(bits_from(to), v, d);
  }

  template <class D>
  HWY_INLINE hn::Vec<D> operator()(hn::Vec<D> v, D d, const float* to, int count, int rows,
                                   std::ptrdiff_t row) const {
    std::uint32_t all = 0;
    for (int r = 0; r < rows; ++r)
      all |= (bits_from(to + r * row) & ((1u << count) - 1)) << r * count;
    return scaled_where(all, v, d);
  }

 private:
  /// Those of the floats from `to` on, 25 at least.
  HWY_INLINE std::uint32_t bits_from(const float* to) const {
    const std::ptrdiff_t before = to - y;
    std::uint32_t bits;
    std::memcpy(&bits, kept + before / 8, sizeof bits);
    return bits >> before % 8;
  }

  template <class D>
  HWY_INLINE hn::Vec<D> scaled_where(std::uint32_t bits, hn::Vec<D> v, D d) const {
    constexpr std::uint32_t all_lanes = ~(~0u << lanes_of<D>);
    std::uint8_t bytes[8] = {};
    bits &= all_lanes;
    std::memcpy(bytes, &bits, sizeof bits);
    return hn::IfThenElseZero(hn::LoadMaskBits(d, bytes), hn::Mul(v, hn::Set(d, factor)));
  }
};

/// max(v, 0), dropped.
struct RectifyAndDrop : Drop {
  template <class V, class... Where>
  HWY_INLINE V operator()(V v, const Where&... where) const {
    return Drop::operator()(Rectify()(v), where...);
  }
};

/// The gradient through both, where `x` is what they made: none passes where that is zero, dropped
/// or not, and no mask is needed.
struct WherePositiveScaled : WherePositive {
  float factor;

  template <class D>
  HWY_INLINE hn::Vec<D> operator()(hn::Vec<D> gradient, D d, const float* to, int count) const {
    return WherePositive::operator()(hn::Mul(gradient, hn::Set(d, factor)), d, to, count);
  }
};

}  // namespace etch::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
