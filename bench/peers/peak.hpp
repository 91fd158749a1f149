#ifndef ETCH_BENCH_PEERS_PEAK_HPP
#define ETCH_BENCH_PEERS_PEAK_HPP

#include <string>

namespace etch::peers {

/// Floating-point operations per second that one core can do now.
double probe_peak();

/// The SIMD target of etch's kernels, "AVX2".
std::string simd_target();

}  // namespace etch::peers

#endif
