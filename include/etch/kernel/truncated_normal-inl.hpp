// Normal numbers cut off at two deviations, as TensorFlow's truncated_normal: one at a time, which
// says what they are, and many at once.

#ifndef ETCH_KERNEL_TRUNCATED_NORMAL_HPP
#define ETCH_KERNEL_TRUNCATED_NORMAL_HPP

#include <cmath>
#include <cstdint>
#include <numbers>

#include "etch/base/philox.hpp"

namespace etch {

/// Element `i` of a stream of standard normal numbers cut off at two deviations: Box and Muller
/// from words 0 and 1 of block i, redrawn from the next sequence.
inline float truncated_normal(RandomStream stream, std::uint32_t i) {
  for (std::uint32_t redraw = 0;; ++redraw) {
    const Philox::Counter words = stream.block(i, redraw);
    const float radius = std::sqrt(-2 * std::log(1 - uniform(words[0])));
    const float angle = 2 * std::numbers::pi_v<float> * uniform(words[1]);
    for (float z : {radius * std::cos(angle), radius * std::sin(angle)}) {
      if (std::abs(z) <= 2) return z;
    }
  }
}

}  // namespace etch

#endif

#if defined(ETCH_KERNEL_TRUNCATED_NORMAL_INL_HPP) == defined(HWY_TARGET_TOGGLE)
#ifdef ETCH_KERNEL_TRUNCATED_NORMAL_INL_HPP
#undef ETCH_KERNEL_TRUNCATED_NORMAL_INL_HPP
#else
#define ETCH_KERNEL_TRUNCATED_NORMAL_INL_HPP
#endif

#include "etch/kernel/philox-inl.hpp"

#include <hwy/contrib/math/math-inl.h>

HWY_BEFORE_NAMESPACE();
namespace etch::HWY_NAMESPACE {

/// to[i] = truncated_normal(stream, first + i) for i < count, a multiple of 16, to within a
/// millionth. What comes near the cut is drawn alone, so that all targets agree what lies beyond;
/// and so is what lies beyond it twice: in all one number in 470.
inline void truncated_normals(RandomStream stream, std::uint32_t first, float* to,
                              std::uint32_t count) {
  constexpr float near = 1e-4f, undecided = 3;
  const PhiloxBlocks blocks(stream, 0);
  const HalvesTag d;
  const auto uniforms = [](Halves even, Halves odd) ETCH_LAMBDA {
    const hn::RebindToSigned<WordTag> int_tag;
    const auto upper = hn::BitCast(int_tag, hn::ShiftRight<8>(interleave(even, odd)));
    return hn::Mul(hn::ConvertTo(float_tag, upper), hn::Set(float_tag, 0x1p-24f));
  };
  const auto every = [](float value) ETCH_LAMBDA { return hn::Set(float_tag, value); };
  for (std::uint32_t i = 0; i < count; i += lanes) {
    const auto numbers = hn::Add(hn::Iota(d, 0), hn::Iota(d, first + i));
    Halves words[2][4];
    blocks.draw({numbers, hn::Add(numbers, hn::Set(d, 1))}, words);
    const auto& [even, odd] = words;
    const Vec log = hn::Log(float_tag, hn::Sub(every(1), uniforms(even[0], odd[0])));
    const Vec radius = hn::Sqrt(hn::Mul(every(-2), log));
    const Vec angle = hn::Mul(every(2 * std::numbers::pi_v<float>), uniforms(even[1], odd[1]));
    const Vec cosine = hn::Mul(radius, hn::Cos(float_tag, angle));
    const Vec sine = hn::Mul(radius, hn::Sin(float_tag, angle));
    const Vec beyond = hn::Sub(hn::Abs(cosine), every(2));
    const Vec z = hn::IfThenElse(hn::Gt(beyond, hn::Zero(float_tag)), sine, cosine);
    const auto decided =
        hn::And(hn::Gt(hn::Abs(beyond), every(near)), hn::Lt(hn::Abs(z), every(2 - near)));
    hn::StoreU(hn::IfThenElse(decided, z, every(undecided)), float_tag, to + i);
    if (hn::AllTrue(float_tag, decided)) continue;
    for (std::uint32_t j = i; j < i + lanes; ++j) {
      if (to[j] == undecided) to[j] = truncated_normal(stream, first + j);
    }
  }
}

}  // namespace etch::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
