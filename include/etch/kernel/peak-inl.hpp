// What one core can do at most, measured where and when a kernel is.

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

/// Floating-point operations per second of independent multiply-adds in registers, for about a
/// millisecond: 12 chains, more than latency times units, so that only the units limit them.
inline HWY_NOINLINE double probe_peak() {
  constexpr int chains = 12, rounds = 50'000;
  Vec sum[chains];
  for (int c = 0; c < chains; ++c) sum[c] = hn::Set(float_tag, static_cast<float>(c));
  const Vec factor = hn::Set(float_tag, 0.999f);
  const auto start = std::chrono::steady_clock::now();
  for (int round = 0; round < rounds; ++round) {
    ETCH_UNROLL for (int c = 0; c < chains; ++c) sum[c] = hn::MulAdd(sum[c], factor, factor);
    asm volatile("");  // the loop is not to be folded
  }
  const std::chrono::duration<double> time = std::chrono::steady_clock::now() - start;
  Vec total = sum[0];
  for (int c = 1; c < chains; ++c) total = hn::Add(total, sum[c]);
  volatile float used = hn::GetLane(total);
  static_cast<void>(used);
  return 2.0 * lanes * chains * rounds / time.count();
}

}  // namespace etch::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
