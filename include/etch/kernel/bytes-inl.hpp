// What bytes of a picture mean, in vectors.

#if defined(ETCH_KERNEL_BYTES_INL_HPP) == defined(HWY_TARGET_TOGGLE)
#ifdef ETCH_KERNEL_BYTES_INL_HPP
#undef ETCH_KERNEL_BYTES_INL_HPP
#else
#define ETCH_KERNEL_BYTES_INL_HPP
#endif

#include <cstdint>

#include "etch/base/pictures.hpp"
#include "etch/kernel/vec-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace etch::HWY_NAMESPACE {

/// 1 / 255 in two parts, of which the first has so few bits that its product with a byte is exact:
/// b * part[0] - 0.5 + b * part[1] is float_of(b) to the last bit. (Division took five times as
/// long as memory needs.)
inline constexpr float part_of_255[] = {0x8081p-23f, -0x1.fdfdfep-25f};
static_assert([] {
  for (int byte = 0; byte < 256; ++byte) {
    const auto b = static_cast<float>(byte);
    const float sum = b * part_of_255[0] - 0.5f + b * part_of_255[1];
    if (sum != float_of(static_cast<std::uint8_t>(byte))) return false;
  }
  return true;
}());

/// How far ahead bytes are fetched, into the L2 cache: memory is far, and processors themselves
/// look no further than to a page's end (logistic_l2's step on 60,000 pictures, from memory, on a
/// Zen 4: 44.6 µs, 48.9 a page ahead into the L1 cache; on a Zen 5 by such a page 22.6, 28.0
/// without).
inline constexpr int bytes_ahead = 16384;

/// to[i] = float_of(bytes[i]) for i < size.
inline void floats_of(const std::uint8_t* HWY_RESTRICT bytes, float* HWY_RESTRICT to,
                      std::size_t size) {
  const hn::Rebind<std::uint8_t, FloatTag> byte_tag;
  const hn::RebindToSigned<FloatTag> int_tag;
  const Vec first = hn::Set(float_tag, part_of_255[0]), rest = hn::Set(float_tag, part_of_255[1]);
  const Vec half = hn::Set(float_tag, 0.5f);
  const std::size_t in_vectors = size - size % lanes;
  for (std::size_t i = 0; i < in_vectors; i += lanes) {
    if (i % 64 == 0) __builtin_prefetch(bytes + i + bytes_ahead, 0, 2);  // once for a cache line
    const Vec b = hn::ConvertTo(float_tag, hn::PromoteTo(int_tag, hn::LoadU(byte_tag, bytes + i)));
    hn::StoreU(hn::MulAdd(b, rest, hn::MulSub(b, first, half)), float_tag, to + i);
  }
  for (std::size_t i = in_vectors; i < size; ++i) to[i] = float_of(bytes[i]);
}

}  // namespace etch::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
