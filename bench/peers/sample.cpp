#include "sample.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>

#include "peak.hpp"

namespace etch::peers {
namespace {

using Contender = std::function<void()>;

constexpr double sample_seconds = 1e-3;
constexpr int latency_calls = 200;

/// Seconds of `calls` calls.
double time(const Contender& run, int calls) {
  const auto start = std::chrono::steady_clock::now();
  for (int call = 0; call < calls; ++call) run();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// The value below which `share` of all are.
double quantile(std::vector<double> values, double share) {
  const auto place = static_cast<std::ptrdiff_t>(share * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), values.begin() + place, values.end());
  return values[static_cast<std::size_t>(place)];
}

/// Calls `measure(c)`, which returns some seconds, for each contender `c` in each round; gives the
/// seconds of all quiet rounds.
template <class Measure>
std::vector<std::vector<double>> in_rounds(std::size_t contenders, int rounds, Timing& timing,
                                           const Measure& measure) {
  std::vector<std::vector<double>> all(contenders);
  std::vector<double> peaks;  // around the first contender
  while (timing.rounds < rounds && timing.rounds + timing.rejected < 4 * rounds) {
    std::vector<std::vector<double>> round;
    double lowest = probe_peak(), highest = lowest, around_first = 0;
    for (std::size_t c = 0; c < contenders; ++c) {
      round.push_back(measure(c));
      const double peak = probe_peak();
      if (c == 0) around_first = (lowest + peak) / 2;
      lowest = std::min(lowest, peak);
      highest = std::max(highest, peak);
    }
    if (highest > 1.1 * lowest) {
      ++timing.rejected;
      continue;
    }
    ++timing.rounds;
    peaks.push_back(around_first);
    for (std::size_t c = 0; c < contenders; ++c) {
      all[c].insert(all[c].end(), round[c].begin(), round[c].end());
    }
  }
  if (timing.rounds > 0) timing.peak = quantile(peaks, 0.5);
  return all;
}

}  // namespace

Timing sample(const std::vector<Contender>& contenders, int rounds) {
  std::vector<int> calls;
  for (const Contender& run : contenders) {
    run();
    calls.push_back(std::clamp(static_cast<int>(sample_seconds / time(run, 1)), 1, 10'000));
  }
  Timing timing;
  const auto all = in_rounds(contenders.size(), rounds, timing, [&](std::size_t c) {
    contenders[c]();
    return std::vector<double>{time(contenders[c], calls[c]) / calls[c]};
  });
  if (timing.rounds == 0) return timing;
  for (const auto& seconds : all) timing.seconds.push_back(quantile(seconds, 0.5));
  return timing;
}

Timing sample_latency(const std::vector<Contender>& contenders, int rounds) {
  Timing timing;
  const auto all = in_rounds(contenders.size(), rounds, timing, [&](std::size_t c) {
    contenders[c]();
    std::vector<double> seconds(latency_calls);
    for (double& call : seconds) call = time(contenders[c], 1);
    return seconds;
  });
  if (timing.rounds == 0) return timing;
  for (const auto& seconds : all) {
    timing.seconds.push_back(quantile(seconds, 0.5));
    timing.p99.push_back(quantile(seconds, 0.99));
  }
  return timing;
}

}  // namespace etch::peers
