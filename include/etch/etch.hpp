#ifndef ETCH_ETCH_HPP
#define ETCH_ETCH_HPP

// The library: networks, training, evaluation. Data sets are in etch/io/dataset.hpp, and
// etch/net/walk.hpp, which costs compile time, walks over a live model.

#if __cplusplus < 202002L
#error "etch: compiler: requires C++20, an older standard came; add -std=c++20"
#else

#include "etch/kernel/simd.hpp"

#if defined(ETCH_PORTABLE) && defined(__x86_64__)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "etch/targets-inl.hpp"
#include <hwy/foreach_target.h>
#endif
#include "etch/targets-inl.hpp"

#include "etch/net/model.hpp"
#include "etch/net/network.hpp"
#include "etch/net/summary.hpp"
#include "etch/train/evaluate.hpp"
#include "etch/train/fit.hpp"
#include "etch/train/trainer.hpp"

#endif
#endif
