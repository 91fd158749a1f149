// What one core can do at most, measured where and when a kernel is: the roofs of its roofline.

#if defined(ETCH_KERNEL_PEAK_INL_HPP) == defined(HWY_TARGET_TOGGLE)
#ifdef ETCH_KERNEL_PEAK_INL_HPP
#undef ETCH_KERNEL_PEAK_INL_HPP
#else
#define ETCH_KERNEL_PEAK_INL_HPP
#endif

#include <chrono>

#include "etch/kernel/vec-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace etch::HWY_NAMESPACE {

/// Floating-point operations per second of independent multiply-adds in registers, for some 150 µs.
/// Chains enough that only the units limit them, latency times units: 8 on x86, 16 where NEON has
/// four units; and so few that they stay in registers.
inline HWY_NOINLINE double probe_peak() {
  constexpr int chains = registers == 32 ? 24 : 12, rounds = 1'000'000 / chains;
  Vec sum[chains];
  ETCH_UNROLL for (int c = 0; c < chains; ++c) sum[c] = hn::Set(float_tag, static_cast<float>(c));
  Vec factor = hn::Set(float_tag, 0.999f);
  const auto start = std::chrono::steady_clock::now();
  for (int round = 0; round < rounds; ++round) {
    ETCH_UNROLL for (int c = 0; c < chains; ++c) sum[c] = hn::MulAdd(sum[c], factor, factor);
    asm volatile("");  // the loop is not to be folded
  }
  const std::chrono::duration<double> time = std::chrono::steady_clock::now() - start;
  Vec total = sum[0];
  ETCH_UNROLL for (int c = 1; c < chains; ++c) total = hn::Add(total, sum[c]);
  [[maybe_unused]] volatile float used = hn::GetLane(total);
  return 2.0 * lanes * chains * rounds / time.count();
}

/// Bytes per second of reading `floats` numbers, a multiple of 128, from `from` on, `rounds` times.
inline HWY_NOINLINE double probe_reading(const float* from, std::size_t floats, int rounds) {
  constexpr int parts = 8;
  static_assert(128 % (parts * lanes) == 0);
  Vec seen[parts];
  ETCH_UNROLL for (int p = 0; p < parts; ++p) seen[p] = hn::Zero(float_tag);
  const auto start = std::chrono::steady_clock::now();
  for (int round = 0; round < rounds; ++round) {
    for (std::size_t i = 0; i < floats; i += parts * lanes) {
      ETCH_UNROLL for (int p = 0; p < parts; ++p) {
        // Or, because it has the most units and no latency to speak of.
        seen[p] = hn::Or(seen[p], hn::Load(float_tag, from + i + p * lanes));
      }
    }
    asm volatile("" ::: "memory");  // each round is to read anew
  }
  const std::chrono::duration<double> time = std::chrono::steady_clock::now() - start;
  Vec total = seen[0];
  ETCH_UNROLL for (int p = 1; p < parts; ++p) total = hn::Or(total, seen[p]);
  [[maybe_unused]] volatile float used = hn::GetLane(total);
  return static_cast<double>(sizeof(float) * floats) * rounds / time.count();
}

/// Bytes per second of changing the first half of `floats` numbers by the second, both read and one
/// written, otherwise the same: an update. Caches may be faster at this than at reading alone.
inline HWY_NOINLINE double probe_updating(float* from, std::size_t floats, int rounds) {
  const std::size_t half = floats / 2;
  float* HWY_RESTRICT changed = from;
  const float* HWY_RESTRICT by = from + half;
  const auto start = std::chrono::steady_clock::now();
  for (int round = 0; round < rounds; ++round) {
    for (std::size_t i = 0; i < half; i += 4 * lanes) {
      ETCH_UNROLL for (std::size_t v = i; v < i + 4 * lanes; v += lanes) {
        hn::Store(hn::Or(hn::Load(float_tag, changed + v), hn::Load(float_tag, by + v)), float_tag,
                  changed + v);
      }
    }
    asm volatile("" ::: "memory");
  }
  const std::chrono::duration<double> time = std::chrono::steady_clock::now() - start;
  return static_cast<double>(sizeof(float) * 3 * half) * rounds / time.count();
}

}  // namespace etch::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
