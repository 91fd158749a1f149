// A processor that knows more than AVX-512's first instructions gets that target all the same: it
// is the one that is tested.
#include "etch/etch.hpp"

static_assert(HWY_STATIC_TARGET == HWY_AVX3);
static_assert(std::size(etch::simd::compiled) == 1 && etch::simd::compiled[0].id == HWY_AVX3);
