#ifndef ETCH_TEST_LAWS_LAYER_LAWS_HPP
#define ETCH_TEST_LAWS_LAYER_LAWS_HPP

// What holds of every layer, on every SIMD target that the processor has:
//
//   layer_laws<Conv2D<16, 5>, Shape<28, 28, 1>>();
//
// Includes <etch/etch.hpp> with the passes of the laws among the layers (and the including file's
// own, if it defines ETCH_LAYERS itself to a header that includes laws/passes-inl.hpp).

#ifndef ETCH_LAYERS
#define ETCH_LAYERS "laws/passes-inl.hpp"
#endif
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include "allocations.hpp"
#include "catch.hpp"
#include "laws/oracle.hpp"

namespace etch::test {

/// A number in [-1, 1) that depends on its place alone.
inline float number(std::uint32_t stream, std::size_t i) {
  return 2 * uniform(RandomStream{99, Purpose::shuffle, stream, 0}.word(
                 static_cast<std::uint32_t>(i))) -
         1;
}

/// One layer with numbers to work on.
template <class Layer, class In>
struct Bench {
  using Out = typename Layer::template Output<In>;
  static constexpr auto variables = variables_of<Layer, In>();

  explicit Bench(int samples) : rows(samples) {
    for (std::size_t row = 0; row < static_cast<std::size_t>(rows); ++row) {
      for (std::size_t i = 0; i < In::size; ++i) {
        x[row * In::stride + i] = number(1, row * 5000 + i);
        dx[row * In::stride + i] = std::numeric_limits<float>::quiet_NaN();
      }
      for (std::size_t i = 0; i < Out::size; ++i) {
        dy[row * Out::stride + i] = number(2, row * 7000 + i);
      }
    }
    for (std::size_t v = 0; v < variables.size(); ++v) {
      canonical.emplace_back(variables[v].size());
      packed.emplace_back(variables[v].floats);
      gradient.emplace_back(variables[v].floats);
      std::fill_n(gradient[v].data(), gradient[v].size(), std::numeric_limits<float>::quiet_NaN());
      for (std::size_t i = 0; i < variables[v].size(); ++i) {
        const float value = number(3 + static_cast<std::uint32_t>(v), i);
        canonical[v][i] = value;
        packed[v].data()[place(v, i)] = value;
      }
      read_pointers.push_back(packed[v].data());
      write_pointers.push_back(gradient[v].data());
    }
    context.training = true;
    context.seed = 5;
    context.step = 3;
    context.layer = 2;
    context.scratch = scratch.data();
    context.saved = saved.data();
  }

  static std::size_t place([[maybe_unused]] std::size_t v, std::size_t i) {
    if constexpr (variables.empty()) {
      return i;
    } else {
      return Layer::template place<In>(v, i);
    }
  }

  Reals sample(std::size_t row) const {
    return Reals(&x[row * In::stride], &x[row * In::stride] + In::size);
  }

  /// The oracle's output for sample `row` with input `in` and the variables `of`.
  Reals oracle(std::size_t row, const Reals& in, const std::vector<Reals>& of) const {
    Context here = context;
    here.first_row += static_cast<std::uint32_t>(row);
    Reals out(Out::size);
    Oracle<Layer>::template forward<In>(here, in, of, out);
    return out;
  }

  /// What the gradients in this bench differentiate: the sum of dy * y over sample `row`.
  double objective(std::size_t row, const Reals& in, const std::vector<Reals>& of) const {
    const Reals out = oracle(row, in, of);
    double sum = 0;
    for (std::size_t i = 0; i < out.size(); ++i) {
      sum += out[i] * static_cast<double>(dy[row * Out::stride + i]);
    }
    return sum;
  }

  int rows;
  // Exactly as large as they must be, so that the address sanitizer sees who leaves them.
  std::vector<float> x = std::vector<float>(floats<In>()), y = std::vector<float>(floats<Out>());
  std::vector<float> dy = y, dx = x;
  std::vector<Reals> canonical;
  std::vector<Buffer> packed, gradient;
  std::vector<const float*> read_pointers;
  std::vector<float*> write_pointers;
  Buffer scratch{scratch_of<Layer, In>(rows)};
  Buffer saved{static_cast<std::size_t>(rows) * saved_stride<Layer, In>};
  Context context;

  template <class S>
  std::size_t floats() const {
    return static_cast<std::size_t>(rows) * S::stride;
  }

  void forward(simd::Target target) {
    ETCH_DISPATCH(target.id, forward<Layer, In>)
    (context, x.data(), read_pointers.data(), y.data(), rows);
  }
  void data_gradient(simd::Target target) {
    ETCH_DISPATCH(target.id, data_gradient<Layer, In>)
    (context, x.data(), y.data(), read_pointers.data(), dy.data(), dx.data(), rows);
  }
  void weight_gradient(simd::Target target, bool backwards) {
    const int tiles = ETCH_DISPATCH(target.id, gradient_tiles<Layer, In>)();
    for (int i = 0; i < tiles; ++i) {
      ETCH_DISPATCH(target.id, weight_gradient<Layer, In>)
      (context, backwards ? tiles - 1 - i : i, x.data(), dy.data(), write_pointers.data(), rows);
    }
  }
};

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

template <class Layer, class In>
void forward_is_the_oracle(Bench<Layer, In>& bench, simd::Target target) {
  using Out = typename Bench<Layer, In>::Out;
  bench.forward(target);
  double worst = 0;
  for (std::size_t row = 0; row < static_cast<std::size_t>(bench.rows); ++row) {
    const Reals expected = bench.oracle(row, bench.sample(row), bench.canonical);
    for (std::size_t i = 0; i < Out::stride; ++i) {
      const double real = i < expected.size() ? expected[i] : 0;  // what pads a sample is zero
      worst = std::max(worst, apart(bench.y[row * Out::stride + i], real));
    }
  }
  CHECK(worst <= tolerance(In::size));
}

template <class Layer, class In>
void data_gradient_is_the_difference(Bench<Layer, In>& bench, simd::Target target) {
  using Out = typename Bench<Layer, In>::Out;
  bench.data_gradient(target);
  const double h = 1e-6;
  double worst = 0, padding = 0;
  for (std::size_t row = 0; row < static_cast<std::size_t>(bench.rows); ++row) {
    for (std::size_t i : some_of(In::size)) {
      Reals above = bench.sample(row), below = above;
      above[i] += h;
      below[i] -= h;
      const double slope = (bench.objective(row, above, bench.canonical) -
                            bench.objective(row, below, bench.canonical)) /
                           (2 * h);
      worst = std::max(worst, apart(bench.dx[row * In::stride + i], slope));
    }
    for (std::size_t i = In::size; i < In::stride; ++i) {
      padding = std::max(padding, apart(bench.dx[row * In::stride + i], 0));
    }
  }
  CHECK(worst <= tolerance(Out::size) + 1e-7 * Out::size);
  CHECK(padding == 0);
}

template <class Layer, class In>
void weight_gradient_is_the_difference(Bench<Layer, In>& bench, simd::Target target) {
  using Out = typename Bench<Layer, In>::Out;
  bench.weight_gradient(target, false);
  const double h = 1e-4;  // the output is linear in the variables
  for (std::size_t v = 0; v < bench.variables.size(); ++v) {
    double worst = 0;
    for (std::size_t i : some_of(bench.variables[v].size())) {
      std::vector<Reals> above = bench.canonical, below = above;
      above[v][i] += h;
      below[v][i] -= h;
      double slope = 0;
      for (std::size_t row = 0; row < static_cast<std::size_t>(bench.rows); ++row) {
        slope += (bench.objective(row, bench.sample(row), above) -
                  bench.objective(row, bench.sample(row), below)) /
                 (2 * h);
      }
      worst = std::max(worst, apart(bench.gradient[v].data()[bench.place(v, i)], slope));
    }
    CHECK(worst <= tolerance(Out::size * bench.rows) + 1e-8 * Out::size * bench.rows);

    // What pads the variable may be left unwritten (NaN here, zero in an arena), or be zero.
    std::vector<bool> real(bench.gradient[v].size());
    for (std::size_t i = 0; i < bench.variables[v].size(); ++i) real[bench.place(v, i)] = true;
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
template <class Layer, class In>
void bits_stay(Bench<Layer, In>& whole, simd::Target target) {
  using Out = typename Bench<Layer, In>::Out;
  whole.forward(target);
  whole.data_gradient(target);
  for (int rows = 1; rows < whole.rows; rows += rows < 3 ? 1 : 4) {
    Bench<Layer, In> part(rows);
    part.forward(target);
    part.data_gradient(target);
    CHECK(std::memcmp(part.y.data(), whole.y.data(), sizeof(float) * part.y.size()) == 0);
    CHECK(std::memcmp(part.dx.data(), whole.dx.data(), sizeof(float) * part.dx.size()) == 0);
  }
  static_assert(Out::size > 0);
  if constexpr (!Bench<Layer, In>::variables.empty()) {
    Bench<Layer, In> reversed(whole.rows);
    whole.weight_gradient(target, false);
    reversed.weight_gradient(target, true);
    for (std::size_t v = 0; v < whole.gradient.size(); ++v) {
      CHECK(std::memcmp(whole.gradient[v].data(), reversed.gradient[v].data(),
                        sizeof(float) * whole.gradient[v].size()) == 0);
    }
  }
}

template <class Layer, class In>
void nothing_allocates(Bench<Layer, In>& bench, simd::Target target) {
  const long before = allocations();
  bench.forward(target);
  bench.data_gradient(target);
  if constexpr (!Bench<Layer, In>::variables.empty()) bench.weight_gradient(target, false);
  CHECK(allocations() == before);
}

/// All laws, for `rows` samples; 19 are a full tile and a remainder of three.
template <class Layer, class In>
void layer_laws(int rows = 19) {
  int targets = 0;
  for (const simd::Target& target : simd::compiled) {
    if (!simd::supports(target)) continue;
    ++targets;
    INFO(target.name() << ", " << std::string(std::string_view(Layer::name)) << ", input "
                       << In::size << " = " << In::height << " x " << In::width << " x "
                       << In::channels << ", rows " << rows);
    Bench<Layer, In> bench(rows);
    forward_is_the_oracle(bench, target);
    data_gradient_is_the_difference(bench, target);
    if constexpr (!Bench<Layer, In>::variables.empty()) {
      weight_gradient_is_the_difference(bench, target);
    }
    bits_stay(bench, target);
    nothing_allocates(bench, target);
  }
  REQUIRE(targets > 0);
}

}  // namespace etch::test

#endif
