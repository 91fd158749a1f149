// Times the two halves of the ledger, pass by pass: compare SPECIALISED.so RUN_TIME.so
//
// They take turns on the same arrays, between two probes of the core's peak. A round is rejected
// where something else was running: the probes differ by more than a tenth, or the process was
// interrupted. A line for each pass, its columns separated by tabs:
//
//   layer, shapes, pass, seconds of both halves (medians), code's offset in both, and "noisy" where
//   too few rounds were good, or they differ too much among each other; else "quiet"

#include <dlfcn.h>
#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <span>
#include <string>
#include <vector>

#include "entry.hpp"
#include "etch/kernel/peak-inl.hpp"

namespace {

using ledger::Arrays;
using ledger::Entry;

constexpr int rounds = 15, most_rounds = 200;
constexpr double most_spread = 1.25;       // third quartile by first; pooling reaches 1.2 by itself
constexpr double sample_seconds = 500e-6;  // long beside the clock, short beside a time slice

[[noreturn]] void fail(const std::string& what) {
  std::fprintf(stderr, "etch: ledger: %s\n", what.c_str());
  std::exit(1);
}

std::vector<Entry> load(const char* path) {
  void* half = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (half == nullptr) fail(std::string("requires both halves, ") + dlerror() + "; build again");
  std::vector<Entry> entries;
  reinterpret_cast<ledger::List*>(dlsym(half, "list_entries"))(entries);
  return entries;
}

long offset_of(const void* code) {
  Dl_info info;
  if (dladdr(code, &info) == 0) fail("requires kernels in shared objects, another came");
  return static_cast<const char*>(code) - static_cast<const char*>(info.dli_fbase);
}

double seconds_of(const Entry& entry, Arrays& arrays, int calls) {
  const auto start = std::chrono::steady_clock::now();
  for (int call = 0; call < calls; ++call) entry.run(arrays);
  const std::chrono::duration<double> time = std::chrono::steady_clock::now() - start;
  return time.count() / calls;
}

/// What a pass writes.
std::vector<float> results_of(const Entry& entry, Arrays& arrays) {
  std::vector<std::span<float>> written;
  if (entry.pass == etch::Pass::forward) written.push_back(arrays.y.span());
  if (entry.pass == etch::Pass::data_gradient) written.push_back(arrays.dx.span());
  if (entry.pass == etch::Pass::weight_gradient) {
    for (etch::Buffer& gradient : arrays.gradients) written.push_back(gradient.span());
  }
  for (std::span<float> part : written) std::fill(part.begin(), part.end(), 0.0f);
  entry.run(arrays);
  std::vector<float> results;
  for (std::span<float> part : written) results.insert(results.end(), part.begin(), part.end());
  return results;
}

/// Fails unless both halves compute the same, to the last bit: they are to be one algorithm.
void check_same(const Entry& one, const Entry& other, Arrays& arrays) {
  const std::vector<float> a = results_of(one, arrays), b = results_of(other, arrays);
  if (std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) != 0) {
    fail("requires both halves to compute the same, " + one.layer + " " +
         std::string(etch::name_of(one.pass)) +
         " differs; its kernel takes a size for its tile from what its loops count with");
  }
}

/// How often others have taken the processor from this one.
long interruptions() {
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_nivcsw;
}

/// The value that `share` of the values lie below.
double quantile(std::vector<double> values, double share) {
  const auto place =
      values.begin() + static_cast<std::ptrdiff_t>(share * static_cast<double>(values.size()));
  std::nth_element(values.begin(), place, values.end());
  return *place;
}

double median(const std::vector<double>& values) {
  return quantile(values, 0.5);
}

double spread(const std::vector<double>& values) {
  return quantile(values, 0.75) / quantile(values, 0.25);
}

void compare(const std::array<const Entry*, 2>& pair) {
  const auto arrays = pair[0]->make_arrays();
  check_same(*pair[0], *pair[1], *arrays);
  seconds_of(*pair[0], *arrays, 3);
  const int calls =
      std::clamp(static_cast<int>(sample_seconds / seconds_of(*pair[0], *arrays, 3)), 1, 100'000);
  std::array<std::vector<double>, 2> good, all;
  for (int round = 0; round < most_rounds && good[0].size() < rounds; ++round) {
    const long interruptions_before = interruptions();
    const double before = etch::HWY_NAMESPACE::probe_peak();
    std::array<double, 2> seconds;
    for (int turn = 0; turn < 2; ++turn) {
      const auto half = static_cast<std::size_t>((round + turn) % 2);
      seconds[half] = seconds_of(*pair[half], *arrays, calls);
    }
    const double after = etch::HWY_NAMESPACE::probe_peak();
    const bool quiet =
        before < 1.1 * after && after < 1.1 * before && interruptions() == interruptions_before;
    for (std::size_t half = 0; half < 2; ++half) {
      all[half].push_back(seconds[half]);
      if (quiet) good[half].push_back(seconds[half]);
    }
  }
  const auto& used = good[0].empty() ? all : good;
  const bool trusted =
      good[0].size() == rounds && spread(good[0]) < most_spread && spread(good[1]) < most_spread;
  std::printf("%s\t%s\t%s\t%.9g\t%.9g\t%ld\t%ld\t%s\n", pair[0]->layer.c_str(),
              pair[0]->shapes.c_str(), etch::name_of(pair[0]->pass).data(), median(used[0]),
              median(used[1]), offset_of(pair[0]->code), offset_of(pair[1]->code),
              trusted ? "quiet" : "noisy");
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "etch: ledger: requires two halves, %d came\n", argc - 1);
    return 2;
  }
  const std::vector<Entry> specialised = load(argv[1]), run_time = load(argv[2]);
  for (std::size_t i = 0; i < specialised.size(); ++i) compare({&specialised[i], &run_time[i]});
}
