#ifndef ETCH_TEST_LAWS_LAYER_LAWS_HPP
#define ETCH_TEST_LAWS_LAYER_LAWS_HPP

// What holds of every layer, on every SIMD target that the processor has:
//
//   layer_laws<Conv2D<16, 5>, Shape<28, 28, 1>>();

#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include "allocations.hpp"
#include "catch.hpp"
#include "laws/bench.hpp"

namespace etch::test {

/// Some indices below `size`: the first, the last, and up to 24 between.
inline std::vector<std::size_t> some_of(std::size_t size) {
  std::vector<std::size_t> some;
  for (std::size_t i = 0; i < size; i += size / 24 + 1) some.push_back(i);
  if (some.back() != size - 1) some.push_back(size - 1);
  return some;
}

/// How far a float is from what it should be; what is no number is infinitely far.
inline double apart(float number, double expected) {
  const double distance = std::abs(static_cast<double>(number) - expected);
  return std::isnan(distance) ? std::numeric_limits<double>::infinity() : distance;
}

/// Float sums of `terms` products of numbers below 1 stay this close to the real ones.
inline double tolerance(double terms) {
  return 2e-6 * std::sqrt(terms + 16);
}

inline void forward_is_the_oracle(Bench& bench, simd::Target target) {
  bench.forward(target);
  const std::size_t stride = bench.layer.out_stride;
  double worst = 0;
  for (std::size_t row = 0; row < static_cast<std::size_t>(bench.rows); ++row) {
    const Reals expected = bench.oracle(row, bench.sample(row), bench.canonical);
    for (std::size_t i = 0; i < stride; ++i) {
      const double real = i < expected.size() ? expected[i] : 0;  // what pads a sample is zero
      worst = std::max(worst, apart(bench.y[row * stride + i], real));
    }
  }
  CHECK(worst <= tolerance(static_cast<double>(bench.layer.in)));
}

inline void data_gradient_is_the_difference(Bench& bench, simd::Target target) {
  bench.data_gradient(target);
  const auto outputs = static_cast<double>(bench.layer.out);
  const std::size_t stride = bench.layer.in_stride;
  const double h = 1e-6;
  double worst = 0, padding = 0;
  for (std::size_t row = 0; row < static_cast<std::size_t>(bench.rows); ++row) {
    for (std::size_t i : some_of(bench.layer.in)) {
      Reals above = bench.sample(row), below = above;
      above[i] += h;
      below[i] -= h;
      const double slope = (bench.objective(row, above, bench.canonical) -
                            bench.objective(row, below, bench.canonical)) /
                           (2 * h);
      worst = std::max(worst, apart(bench.dx[row * stride + i], slope));
    }
    for (std::size_t i = bench.layer.in; i < stride; ++i) {
      padding = std::max(padding, apart(bench.dx[row * stride + i], 0));
    }
  }
  CHECK(worst <= tolerance(outputs) + 1e-7 * outputs);
  CHECK(padding == 0);
}

inline void weight_gradient_is_the_difference(Bench& bench, simd::Target target) {
  bench.weight_gradient(target, false);
  const double sums = static_cast<double>(bench.layer.out) * bench.rows;
  const double h = 1e-4;  // the output is linear in the variables
  for (std::size_t v = 0; v < bench.layer.variables.size(); ++v) {
    const std::size_t size = bench.layer.variables[v].size();
    double worst = 0;
    for (std::size_t i : some_of(size)) {
      std::vector<Reals> above = bench.canonical, below = above;
      above[v][i] += h;
      below[v][i] -= h;
      double slope = 0;
      for (std::size_t row = 0; row < static_cast<std::size_t>(bench.rows); ++row) {
        slope += (bench.objective(row, bench.sample(row), above) -
                  bench.objective(row, bench.sample(row), below)) /
                 (2 * h);
      }
      worst = std::max(worst, apart(bench.gradient[v].data()[bench.layer.place(v, i)], slope));
    }
    CHECK(worst <= tolerance(sums) + 1e-8 * sums);

    // What pads the variable may be left unwritten (NaN here, zero in an arena), or be zero.
    std::vector<bool> real(bench.gradient[v].size());
    for (std::size_t i = 0; i < size; ++i) real[bench.layer.place(v, i)] = true;
    bool zero = true;
    for (std::size_t i = 0; i < real.size(); ++i) {
      const float padding = bench.gradient[v].data()[i];
      zero &= real[i] || padding == 0 || std::isnan(padding);
    }
    CHECK(zero);
  }
}

/// A sample's numbers do not depend on how many stand beside it, nor the weights' on the order of
/// the tiles.
inline void bits_stay(Bench& whole, simd::Target target) {
  whole.forward(target);
  whole.data_gradient(target);
  for (int rows = 1; rows < whole.rows; rows += rows < 3 ? 1 : 4) {
    Bench part(whole.layer, rows);
    part.forward(target);
    part.data_gradient(target);
    CHECK(std::memcmp(part.y.data(), whole.y.data(), sizeof(float) * part.y.size()) == 0);
    CHECK(std::memcmp(part.dx.data(), whole.dx.data(), sizeof(float) * part.dx.size()) == 0);
  }
  Bench reversed(whole.layer, whole.rows);
  whole.weight_gradient(target, false);
  reversed.weight_gradient(target, true);
  for (std::size_t v = 0; v < whole.gradient.size(); ++v) {
    CHECK(std::memcmp(whole.gradient[v].data(), reversed.gradient[v].data(),
                      sizeof(float) * whole.gradient[v].size()) == 0);
  }
}

inline void nothing_allocates(Bench& bench, simd::Target target) {
  const long before = allocations();
  bench.forward(target);
  bench.data_gradient(target);
  bench.weight_gradient(target, false);
  CHECK(allocations() == before);
}

inline void all_laws(const Subject& of, int rows) {
  int targets = 0;
  for (const simd::Target& target : simd::compiled) {
    if (!simd::supports(target)) continue;
    ++targets;
    INFO(target.name() << ", " << std::string(of.name) << ", input " << of.in << " = " << of.height
                       << " x " << of.width << " x " << of.channels << ", rows " << rows);
    Bench bench(of, rows);
    forward_is_the_oracle(bench, target);
    data_gradient_is_the_difference(bench, target);
    weight_gradient_is_the_difference(bench, target);
    bits_stay(bench, target);
    nothing_allocates(bench, target);
  }
  REQUIRE(targets > 0);
}

/// All laws, for `rows` samples; 19 are a full tile and a remainder of three.
template <class Layer, class In>
void layer_laws(int rows = 19) {
  all_laws(subject<Layer, In>(), rows);
}

}  // namespace etch::test

#endif
