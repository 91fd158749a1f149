#ifndef ETCH_TEST_LAWS_LAYER_LAWS_HPP
#define ETCH_TEST_LAWS_LAYER_LAWS_HPP

// What holds of every layer, on every SIMD target of the program that the processor has:
//
//   layer_laws<Conv2D<16, 5>, Shape<28, 28, 1>>();
//   forward_laws<Conv2D<16, 5>, Shape<28, 28, 1>>();    // of that pass alone
//   inference_laws<Conv2D<16, 5>, Shape<28, 28, 1>>();  // of it where nobody trains

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
inline double apart(double number, double expected) {
  const double distance = std::abs(number - expected);
  return std::isnan(distance) ? std::numeric_limits<double>::infinity() : distance;
}

/// Float sums of `terms` products of numbers below 1 stay this close to the real ones.
inline double tolerance(double terms) {
  return 2e-6 * std::sqrt(terms + 16);
}

/// What the oracle says of a bench's outputs, of each sample.
inline std::vector<Reals> expected_outputs(const Bench& bench) {
  std::vector<Reals> y;
  for (std::size_t row = 0; row < static_cast<std::size_t>(bench.rows); ++row) {
    y.push_back(bench.oracle(row, bench.sample(row), bench.canonical));
  }
  return y;
}

/// Element `i` of a direction in which all elements change.
inline double direction(std::size_t i) {
  return static_cast<double>(number(9, i));
}

/// What the oracle says of a bench, on every target the same.
struct Expected {
  std::vector<Reals> y;
  std::vector<Reals> dx;  // of each sample, at some_of its inputs
  std::vector<Reals> dw;  // of each variable, at some_of its elements
  // And along the direction, where no wrong element stays unseen.
  Reals dx_along, dw_along;

  explicit Expected(const Bench& bench) : y(expected_outputs(bench)) {
    for (std::size_t row = 0; row < static_cast<std::size_t>(bench.rows); ++row) {
      dx.push_back(slopes_at_inputs(bench, row));
      dx_along.push_back(slope_along_inputs(bench, row));
    }
    for (std::size_t v = 0; v < bench.layer.variables.size(); ++v) {
      dw.push_back(slopes_at_variable(bench, v));
      dw_along.push_back(slope_along_variable(bench, v));
    }
  }

 private:
  /// The slope of `objective(values)` at `values` along the direction. The step is smaller than
  /// numbers lie apart, so that pooling selects what it did.
  template <class Objective>
  static double slope_along(const Reals& values, const Objective& objective) {
    const double h = 1e-8;
    Reals above = values, below = values;
    for (std::size_t i = 0; i < values.size(); ++i) {
      above[i] += h * direction(i);
      below[i] -= h * direction(i);
    }
    return (objective(above) - objective(below)) / (2 * h);
  }

  static double slope_along_inputs(const Bench& bench, std::size_t row) {
    return slope_along(bench.sample(row),
                       [&](const Reals& x) { return bench.objective(row, x, bench.canonical); });
  }

  static double slope_along_variable(const Bench& bench, std::size_t v) {
    std::vector<Reals> variables = bench.canonical;
    return slope_along(bench.canonical[v], [&](const Reals& values) {
      variables[v] = values;
      return bench.objective(variables);
    });
  }

  static Reals slopes_at_inputs(const Bench& bench, std::size_t row) {
    const double h = 1e-6;
    Reals slopes, x = bench.sample(row);
    for (std::size_t i : some_of(bench.layer.in)) {
      const double here = x[i];
      x[i] = here + h;
      const double above = bench.objective(row, x, bench.canonical);
      x[i] = here - h;
      slopes.push_back((above - bench.objective(row, x, bench.canonical)) / (2 * h));
      x[i] = here;
    }
    return slopes;
  }

  static Reals slopes_at_variable(const Bench& bench, std::size_t v) {
    const double h = 1e-6;  // the output is linear in the variables, but for what is selected
    Reals slopes;
    std::vector<Reals> variables = bench.canonical;
    const double unchanged = bench.objective(variables);
    for (std::size_t i : some_of(variables[v].size())) {
      variables[v][i] += h;
      slopes.push_back((bench.objective(variables) - unchanged) / h);
      variables[v][i] = bench.canonical[v][i];
    }
    return slopes;
  }
};

inline void forward_is_the_oracle(Bench& bench, const std::vector<Reals>& expected,
                                  simd::Target target) {
  bench.forward(target);
  const std::size_t stride = bench.layer.out_stride;
  double worst = 0;
  for (std::size_t row = 0; row < static_cast<std::size_t>(bench.rows); ++row) {
    for (std::size_t i = 0; i < stride; ++i) {
      const Reals& y = expected[row];
      const double real = i < y.size() ? y[i] : 0;  // what pads a sample is zero
      worst = std::max(worst, apart(bench.y[row * stride + i], real));
    }
  }
  const auto& variables = bench.layer.variables;
  const auto in = static_cast<double>(bench.layer.in);
  CHECK(worst <= tolerance(variables.empty() ? in : variables[0].fan_in));
}

inline void data_gradient_is_the_difference(Bench& bench, const Expected& expected,
                                            simd::Target target) {
  bench.data_gradient(target);
  const auto outputs = static_cast<double>(bench.layer.out);
  const std::size_t stride = bench.layer.in_stride;
  const std::vector<std::size_t> some = some_of(bench.layer.in);
  double worst = 0, padding = 0, worst_along = 0;
  for (std::size_t row = 0; row < static_cast<std::size_t>(bench.rows); ++row) {
    const float* dx = &bench.dx[row * stride];
    for (std::size_t i = 0; i < some.size(); ++i) {
      worst = std::max(worst, apart(dx[some[i]], expected.dx[row][i]));
    }
    double along = 0;
    for (std::size_t i = 0; i < bench.layer.in; ++i) {
      along += direction(i) * static_cast<double>(dx[i]);
    }
    worst_along = std::max(worst_along, apart(along, expected.dx_along[row]));
    for (std::size_t i = bench.layer.in; i < stride; ++i) {
      padding = std::max(padding, apart(dx[i], 0));
    }
  }
  CHECK(worst <= tolerance(outputs) + 1e-7 * outputs);
  CHECK(worst_along <= tolerance(outputs * static_cast<double>(bench.layer.in)));
  CHECK(padding == 0);
}

inline void weight_gradient_is_the_difference(Bench& bench, const Expected& expected,
                                              simd::Target target) {
  bench.weight_gradient(target, false);
  const double sums = static_cast<double>(bench.layer.out) * bench.rows;
  for (std::size_t v = 0; v < bench.layer.variables.size(); ++v) {
    const std::size_t size = bench.layer.variables[v].size();
    const std::vector<std::size_t> some = some_of(size);
    double worst = 0;
    for (std::size_t i = 0; i < some.size(); ++i) {
      const float here = bench.gradient[v].data()[bench.layer.place(v, some[i])];
      worst = std::max(worst, apart(here, expected.dw[v][i]));
    }
    CHECK(worst <= tolerance(sums) + 1e-8 * sums);

    double along = 0;
    for (std::size_t i = 0; i < size; ++i) {
      const float here = bench.gradient[v].data()[bench.layer.place(v, i)];
      along += direction(i) * static_cast<double>(here);
    }
    CHECK(apart(along, expected.dw_along[v]) <= tolerance(sums * static_cast<double>(size)));

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

/// A sample's outputs do not depend on how many stand beside it.
inline void output_bits_stay(Bench& whole, simd::Target target) {
  whole.forward(target);
  for (int rows = 1; rows < whole.rows; ++rows) {
    Bench part(whole.layer, rows);
    if (!whole.context.training) part.infers();
    part.forward(target);
    CHECK(std::memcmp(part.y.data(), whole.y.data(), sizeof(float) * part.y.size()) == 0);
  }
}

/// The same of all numbers of a sample, and those of the weights do not depend on the order of the
/// tiles.
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
  reversed.forward(target);
  whole.weight_gradient(target, false);
  reversed.weight_gradient(target, true);
  for (std::size_t v = 0; v < whole.gradient.size(); ++v) {
    CHECK(std::memcmp(whole.gradient[v].data(), reversed.gradient[v].data(),
                      sizeof(float) * whole.gradient[v].size()) == 0);
  }
}

inline void forward_allocates_nothing(Bench& bench, simd::Target target) {
  const long before = allocations();
  bench.forward(target);
  CHECK(allocations() == before);
}

inline void nothing_allocates(Bench& bench, simd::Target target) {
  const long before = allocations();
  bench.forward(target);
  bench.data_gradient(target);
  bench.weight_gradient(target, false);
  CHECK(allocations() == before);
}

/// Calls `laws(bench, target)` for each target of the program that the processor has.
template <class Laws>
void on_every_target(const Subject& of, int rows, const Laws& laws) {
  int targets = 0;
  for (const simd::Target& target : simd::compiled) {
    if (!simd::supports(target)) continue;
    ++targets;
    INFO(target.name() << ", " << std::string(of.name) << ", input " << of.in << " = " << of.height
                       << " x " << of.width << " x " << of.channels << ", rows " << rows);
    Bench bench(of, rows);
    laws(bench, target);
  }
  REQUIRE(targets > 0);
}

inline void all_laws(const Subject& of, int rows) {
  const Expected expected(Bench(of, rows));
  on_every_target(of, rows, [&](Bench& bench, simd::Target target) {
    forward_is_the_oracle(bench, expected.y, target);
    data_gradient_is_the_difference(bench, expected, target);
    weight_gradient_is_the_difference(bench, expected, target);
    bits_stay(bench, target);
    nothing_allocates(bench, target);
  });
}

inline void all_forward_laws(const Subject& of, int rows, bool trains) {
  const std::vector<Reals> expected = expected_outputs(Bench(of, rows));
  on_every_target(of, rows, [&](Bench& bench, simd::Target target) {
    if (!trains) bench.infers();
    forward_is_the_oracle(bench, expected, target);
    output_bits_stay(bench, target);
    forward_allocates_nothing(bench, target);
  });
}

/// All laws, for `rows` samples; 19 leave remainders to all tiles of samples.
template <class Layer, class In>
void layer_laws(int rows = 19) {
  all_laws(subject<Layer, In>(), rows);
}

/// Those of the forward pass.
template <class Layer, class In>
void forward_laws(int rows = 3) {
  all_forward_laws(forward_subject<Layer, In>(), rows, true);
}

/// The same where nobody trains.
template <class Layer, class In>
void inference_laws(int rows = 3) {
  all_forward_laws(forward_subject<Layer, In>(), rows, false);
}

}  // namespace etch::test

#endif
