#ifndef ETCH_KERNEL_SIMD_HPP
#define ETCH_KERNEL_SIMD_HPP

// Which SIMD targets a program is compiled for. Comes before any header of Highway.
//
// - ETCH_PORTABLE: SSE4, AVX2 and AVX-512 in one binary, which picks when it starts (on x86; one
//   target elsewhere). The program includes <etch/etch.hpp>, which compiles the rest for each.
// - ETCH_NATIVE=HWY_AVX3 (or another of these): that one alone, whatever the compiler's flags.
//   Functions without vectors stay code for any processor of the family, so that a lesser one can
//   be told.
// - neither: the best target of these that the compiler's flags allow, at least SSE4.

#if defined(HWY_HIGHWAY_PER_TARGET) || defined(HWY_HIGHWAY_INCLUDED)
#error "etch: Highway: requires etch before it, Highway came first; include etch/etch.hpp first"
#endif

// No kernel needs these, and compilers' levels such as x86-64-v3 leave them out.
#define HWY_DISABLE_PCLMUL_AES

// Highway's assertions, in programs that are not optimised, call its library: nothing else does, so
// that nobody need link it.
#ifndef HWY_IS_DEBUG_BUILD
#define HWY_IS_DEBUG_BUILD 0
#endif

// The others of x86 gain nothing, and Highway 1.0.3's AVX3_DL, which -march=native chose on newer
// processors, is wrong: its TruncateTo from 32 to 8 bits takes words for bytes.
#if defined(__x86_64__)
#define HWY_DISABLED_TARGETS (~(HWY_SSE4 | HWY_AVX2 | HWY_AVX3))
#elif defined(__aarch64__)
// Kernels keep vectors in arrays, in which SVE's, whose size the compiler does not know, cannot be.
#define HWY_DISABLED_TARGETS (HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128)
#endif

#if defined(ETCH_PORTABLE) && defined(__x86_64__)
#define HWY_BASELINE_TARGETS HWY_SSE4
#else
#define HWY_COMPILE_ONLY_STATIC
#if defined(ETCH_NATIVE)
#define HWY_BASELINE_TARGETS ETCH_NATIVE
#elif defined(__x86_64__) && !defined(__SSE4_2__)
#pragma message("etch: the flags leave SIMD off, kernels use SSE4 alone; add -march=native")
#define HWY_BASELINE_TARGETS HWY_SSE4
#endif
#endif

#include <hwy/targets.h>

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "etch/base/error.hpp"

namespace etch::simd {

/// One of Highway's targets, such as HWY_AVX3.
struct Target {
  std::int64_t id;
  std::string_view name() const { return hwy::TargetName(id); }  // "AVX3"
};

/// The targets in this binary, best first.
inline constexpr Target compiled[] = {
#if defined(ETCH_PORTABLE) && defined(__x86_64__)
    {HWY_AVX3}, {HWY_AVX2}, {HWY_SSE4}
#else
    {HWY_STATIC_TARGET}
#endif
};

/// Whether this processor can run `target`.
inline bool supports(Target target) {
#if defined(__x86_64__)
  const bool sse4 = __builtin_cpu_supports("sse4.2");
  const bool avx2 = sse4 && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
                    __builtin_cpu_supports("bmi2");
  const bool avx3 = avx2 && __builtin_cpu_supports("avx512f") &&
                    __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
                    __builtin_cpu_supports("avx512bw");
  if (target.id == HWY_SSE4) return sse4;
  if (target.id == HWY_AVX2) return avx2;
  if (target.id == HWY_AVX3) return avx3;
#endif
  return target.id == HWY_STATIC_TARGET;
}

/// The target to run: the best that the binary holds and the processor supports, or the one that
/// the environment variable ETCH_SIMD names (SSE4, AVX2 or AVX3). Throws Error where there is none.
inline Target choose() {
  const char* wanted = std::getenv("ETCH_SIMD");
  std::string held;
  for (const Target& target : compiled) {
    if (!held.empty()) held += ", ";
    held += target.name();
    if (wanted != nullptr && wanted != target.name()) continue;
    if (supports(target)) return target;
  }
  const std::string required =
      "requires a processor with one of this program's targets (" + held + "), ";
  throw Error("simd", wanted == nullptr
                          ? required +
                                "this one supports none; build on this machine, or with "
                                "-Dsimd=portable"
                          : required + "ETCH_SIMD asks for " + wanted +
                                "; unset it, or set it to one of these that the machine has");
}

}  // namespace etch::simd

/// A pointer to the function that the arguments name, in the namespace of the target `id`. What
/// reaches a kernel is called through it: once for a whole step or picture, not for a kernel.
#if defined(ETCH_PORTABLE) && defined(__x86_64__)
#define ETCH_DISPATCH(id, ...)                       \
  ((id) == HWY_AVX3   ? &::etch::N_AVX3::__VA_ARGS__ \
   : (id) == HWY_AVX2 ? &::etch::N_AVX2::__VA_ARGS__ \
                      : &::etch::N_SSE4::__VA_ARGS__)
#else
// Both arms are the one function: the conditional gives a template's name the context it needs.
#define ETCH_DISPATCH(id, ...)                                     \
  ((id) == HWY_STATIC_TARGET ? &::etch::HWY_NAMESPACE::__VA_ARGS__ \
                             : &::etch::HWY_NAMESPACE::__VA_ARGS__)
#endif

#endif
