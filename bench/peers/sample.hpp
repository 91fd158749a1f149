#ifndef ETCH_BENCH_PEERS_SAMPLE_HPP
#define ETCH_BENCH_PEERS_SAMPLE_HPP

#include <functional>
#include <vector>

namespace etch::peers {

/// What each of some contenders takes, measured by turns.
struct Timing {
  std::vector<double> seconds;  // medians of one call of each; empty where no round was quiet
  std::vector<double> p99;      // likewise, where single calls were measured
  int rounds = 0;               // that count
  int rejected = 0;             // during which the core's peak moved by more than a tenth
  double peak = 0;              // probed around the first contender, flop/s, the median
};

/// In each round every contender runs for about a millisecond, after one call that brings back its
/// data, and the peak is probed between them. Tries until `rounds` were quiet, at most four times
/// as many.
Timing sample(const std::vector<std::function<void()>>& contenders, int rounds);

/// The same for the latency of single calls, each timed by itself, in rounds of 200 calls.
Timing sample_latency(const std::vector<std::function<void()>>& contenders, int rounds);

}  // namespace etch::peers

#endif
