#ifndef ETCH_BENCH_MEASURE_HPP
#define ETCH_BENCH_MEASURE_HPP

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <exception>
#include <string>
#include <string_view>

#include "etch/etch.hpp"
#include "etch/net/costs.hpp"
#include "etch/net/machine.hpp"

namespace etch::bench {

/// Where a pass finds its parameters: in the cache, where the last pass left them, or in memory.
enum class Weights { warm, cold };

/// The machine of this process. Throws Error where it cannot run any of the program's targets.
inline Machine& machine() {
  static Machine here(simd::choose());
  return here;
}

/// Times `work()`, which costs `cost`, on one thread, and reports beside the time
///
///   GFLOP/s, GB/s, FLOP/byte   of the products and bytes in `cost`
///   %peak                      the share of the multiply-add peak
///   %memory                    the share of the bandwidth of the memory that the arrays lie in
///
/// and, as label, which of the two is nearer to its roof: "compute", or the memory's name. Roofs
/// are the mean of two probes, before and after; where these differ by more than a tenth, something
/// else was running, and the label says "noisy".
template <class Work>
void measure(benchmark::State& state, const Cost& cost, Weights weights, Work&& work);

/// Adds to the context of the report the SIMD target, threads, processor and its roofs. The
/// first call alone does anything. Ends the program with one line where the processor is too old,
/// because it runs before `main` where benchmarks are registered there.
inline void describe_machine();

// How.

namespace detail {

/// Bytes that a workload finds in the caches, as far as these hold them.
constexpr std::uint64_t near_bytes(const Cost& cost, Weights weights) {
  return weights == Weights::warm ? cost.footprint : cost.activation_bytes;
}

/// The roofs over a workload, probed.
struct Roofs {
  double peak = 0;  // FLOP/s
  double near = 0;  // bytes/s of as many bytes as lie near
  double far = 0;   // bytes/s of DRAM, where the parameters come from there

  static Roofs probe(const Cost& cost, Weights weights) {
    return {machine().peak(), machine().bandwidth(near_bytes(cost, weights)),
            weights == Weights::cold ? machine().bandwidth(Memory::DRAM) : 0};
  }

  static Roofs mean(const Roofs& a, const Roofs& b) {
    return {(a.peak + b.peak) / 2, (a.near + b.near) / 2, (a.far + b.far) / 2};
  }

  static bool differ(const Roofs& a, const Roofs& b) {
    const auto apart = [](double one, double other) {
      return one > 1.1 * other || other > 1.1 * one;
    };
    return apart(a.peak, b.peak) || apart(a.near, b.near) || apart(a.far, b.far);
  }
};

/// Seconds that a workload takes at least, and which of the two it is: "compute", or the name of a
/// memory.
struct Bound {
  double compute, memory;
  std::string_view name;

  Bound(const Cost& cost, Weights weights, const Roofs& roofs) {
    const auto seconds = [](std::uint64_t amount, double per_second) {
      return amount == 0 ? 0 : static_cast<double>(amount) / per_second;
    };
    const bool cold = weights == Weights::cold;
    const double near = seconds(cold ? cost.activation_bytes : cost.bytes(), roofs.near);
    const double far = seconds(cold ? cost.parameter_bytes : 0, roofs.far);
    compute = seconds(cost.flops, roofs.peak);
    memory = std::max(near, far);
    name = compute > memory ? "compute"
           : far > near     ? name_of(Memory::DRAM)
                            : name_of(machine().home_of(near_bytes(cost, weights)));
  }
};

/// To the decimals that a reader looks at.
inline double rounded(double value, int decimals) {
  const double scale = std::pow(10, decimals);
  return std::round(value * scale) / scale;
}

inline std::string with_unit(double value, const char* unit) {
  char text[64];
  std::snprintf(text, sizeof text, "%.1f %s", value, unit);
  return text;
}

}  // namespace detail

template <class Work>
void measure(benchmark::State& state, const Cost& cost, Weights weights, Work&& work) {
  work();  // brings code to where it will be
  const detail::Roofs before = detail::Roofs::probe(cost, weights);
  work();                                   // and data
  const std::clock_t start = std::clock();  // the processor's time, as that which Google reports
  for (auto _ : state) {
    work();
    benchmark::ClobberMemory();
  }
  const std::clock_t end = std::clock();
  const detail::Roofs after = detail::Roofs::probe(cost, weights);

  const double seconds =
      static_cast<double>(end - start) / CLOCKS_PER_SEC / static_cast<double>(state.iterations());
  const detail::Bound bound(cost, weights, detail::Roofs::mean(before, after));
  using detail::rounded;
  state.counters["GFLOP/s"] = rounded(static_cast<double>(cost.flops) / seconds / 1e9, 2);
  state.counters["GB/s"] = rounded(static_cast<double>(cost.bytes()) / seconds / 1e9, 2);
  state.counters["FLOP/byte"] = rounded(cost.flops_per_byte(), 2);
  state.counters["%peak"] = rounded(100 * bound.compute / seconds, 1);
  state.counters["%memory"] = rounded(100 * bound.memory / seconds, 1);
  state.SetLabel(std::string(bound.name) + (detail::Roofs::differ(before, after) ? ", noisy" : ""));
}

inline void describe_machine() try {
  [[maybe_unused]] static const bool done = [] {
    using benchmark::AddCustomContext;
    AddCustomContext("etch_simd", std::string(simd::choose().name()));
    AddCustomContext("etch_threads", "1");
    if (const std::string name = processor_name(); !name.empty()) {
      AddCustomContext("etch_processor", name);
    }
    AddCustomContext("etch_peak", detail::with_unit(machine().peak() / 1e9, "GFLOP/s"));
    for (Memory memory : memories) {
      if (machine().size(memory) == 0) continue;
      AddCustomContext("etch_" + std::string(name_of(memory)),
                       detail::with_unit(machine().bandwidth(memory) / 1e9, "GB/s"));
    }
    return true;
  }();
} catch (const std::exception& error) {
  std::fprintf(stderr, "etch: %s\n", error.what());
  std::exit(1);
}

}  // namespace etch::bench

#endif
