// Everything that is compiled once for each SIMD target. A program's own layers join in by
//
//   #define ETCH_LAYERS "my_layers-inl.hpp"
//
// before <etch/etch.hpp>; a portable build needs it, others may simply include theirs.

#if defined(ETCH_TARGETS_INL_HPP) == defined(HWY_TARGET_TOGGLE)
#ifdef ETCH_TARGETS_INL_HPP
#undef ETCH_TARGETS_INL_HPP
#else
#define ETCH_TARGETS_INL_HPP
#endif

#include "etch/layer/conv2d-inl.hpp"
#include "etch/layer/dense-inl.hpp"
#include "etch/layer/dropout-inl.hpp"
#include "etch/layer/max_pool2d-inl.hpp"
#include "etch/layer/relu-inl.hpp"
#include "etch/kernel/peak-inl.hpp"
#include "etch/kernel/truncated_normal-inl.hpp"
#include "etch/net/inference-inl.hpp"
#include "etch/train/adam-inl.hpp"
#include "etch/train/momentum-inl.hpp"
#include "etch/train/sgd-inl.hpp"
#include "etch/train/step-inl.hpp"

#ifdef ETCH_LAYERS
#include ETCH_LAYERS
#endif

#endif
