#ifndef ETCH_BASE_PHILOX_HPP
#define ETCH_BASE_PHILOX_HPP

#include <array>
#include <cstddef>
#include <cstdint>

namespace etch {

/// Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011): four
/// random words that depend on a counter and a key alone, so that a draw needs no state and does
/// not depend on threads or order.
struct Philox {
  using Counter = std::array<std::uint32_t, 4>;
  using Key = std::array<std::uint32_t, 2>;

  static constexpr int rounds = 10;
  static constexpr std::uint32_t multiplier_0 = 0xD2511F53, multiplier_1 = 0xCD9E8D57;
  static constexpr std::uint32_t weyl_0 = 0x9E3779B9, weyl_1 = 0xBB67AE85;

  static constexpr Counter draw(Counter c, Key key) {
    for (int round = 0; round < rounds; ++round) {
      const std::uint64_t p0 = std::uint64_t{multiplier_0} * c[0];
      const std::uint64_t p1 = std::uint64_t{multiplier_1} * c[2];
      c = {static_cast<std::uint32_t>(p1 >> 32) ^ c[1] ^ key[0], static_cast<std::uint32_t>(p1),
           static_cast<std::uint32_t>(p0 >> 32) ^ c[3] ^ key[1], static_cast<std::uint32_t>(p0)};
      key[0] += weyl_0;
      key[1] += weyl_1;
    }
    return c;
  }
};

/// What a draw is for: with it the same seed gives unrelated numbers to different users.
enum class Purpose : std::uint32_t { initial_value, dropout, shuffle, augmentation };

/// The stream of draws that belongs to one purpose, one place in it (a layer, say) and one step.
struct RandomStream {
  std::uint64_t seed = 0;
  Purpose purpose{};
  std::uint32_t place = 0;  // below 2^24: the layer's index, for example
  std::uint32_t step = 0;

  constexpr Philox::Key key() const {
    return {static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)};
  }

  /// A stream has 2^32 sequences (for samples of a batch, or redraws) of 2^32 blocks of four words.
  constexpr Philox::Counter counter(std::uint32_t block, std::uint32_t sequence = 0) const {
    return {block, sequence, static_cast<std::uint32_t>(purpose) << 24 | place, step};
  }

  constexpr Philox::Counter block(std::uint32_t block, std::uint32_t sequence = 0) const {
    return Philox::draw(counter(block, sequence), key());
  }

  /// Word `i` of a sequence: word i mod 4 of block i / 4.
  constexpr std::uint32_t word(std::uint32_t i, std::uint32_t sequence = 0) const {
    return block(i / 4, sequence)[i % 4];
  }
};

/// The upper 24 bits of a word as a float in [0, 1).
constexpr float uniform(std::uint32_t word) {
  return static_cast<float>(word >> 8) * 0x1p-24f;
}

/// A whole number below `bound`, from a word (Lemire's multiplication; its bias is bound / 2^32).
constexpr std::uint32_t below(std::uint32_t bound, std::uint32_t word) {
  return static_cast<std::uint32_t>(std::uint64_t{bound} * word >> 32);
}

/// Shuffles `values` (Fisher and Yates), the same on every machine.
template <class Range>
constexpr void shuffle(Range& values, RandomStream stream) {
  for (std::size_t i = values.size(); i > 1; --i) {
    const auto n = static_cast<std::uint32_t>(i);
    const std::size_t j = below(n, stream.word(n));
    const auto held = values[i - 1];
    values[i - 1] = values[j];
    values[j] = held;
  }
}

}  // namespace etch

#endif
