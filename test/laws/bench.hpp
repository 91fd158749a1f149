#ifndef ETCH_TEST_LAWS_BENCH_HPP
#define ETCH_TEST_LAWS_BENCH_HPP

// One layer at a shape, with numbers to work on.

#include <limits>
#include <span>
#include <string_view>
#include <vector>

#include "laws/oracle.hpp"

namespace etch::test {

/// A number in [-1, 1) that depends on its place alone.
inline float number(std::uint32_t stream, std::size_t i) {
  return 2 * uniform(RandomStream{99, Purpose::shuffle, stream, 0}.word(
                 static_cast<std::uint32_t>(i))) -
         1;
}

/// A layer at a shape without its type, so that the laws are compiled once for all.
struct Subject {
  std::string_view name;
  int height, width, channels;                 // of the input
  std::size_t in, in_stride, out, out_stride;  // floats of a sample, without and with its padding
  std::span<const Variable> variables;
  std::ptrdiff_t saved_stride;
  std::size_t (*scratch)(int rows);
  std::size_t forward_scratch;
  std::size_t (*place)(std::size_t variable, std::size_t i);
  void (*oracle)(const Context&, const Reals& x, const std::vector<Reals>& variables, Reals& y);
  // Of each target:
  using Forward = void(const Context&, const float* x, const float* const* variables, float* y,
                       int rows);
  using DataGradient = void(const Context&, const float* x, const float* y,
                            const float* const* variables, const float* dy, float* dx, int rows);
  using WeightGradient = void(const Context&, int tile, const float* x, const float* dy,
                              float* const* gradients, int rows);
  Forward* (*forward)(simd::Target);
  DataGradient* (*data_gradient)(simd::Target);
  WeightGradient* (*weight_gradient)(simd::Target);
  int (*gradient_tiles)(simd::Target);
};

/// With its forward pass alone.
template <class Layer, class In>
Subject forward_subject() {
  using Out = typename Layer::template Output<In>;
  static constexpr auto variables = variables_of<Layer, In>();
  Subject all{
      .name = Layer::name,
      .height = In::height,
      .width = In::width,
      .channels = In::channels,
      .in = In::size,
      .in_stride = In::stride,
      .out = Out::size,
      .out_stride = Out::stride,
      .variables = variables,
      .saved_stride = saved_stride<Layer, In>,
      .scratch = scratch_of<Layer, In>,
      .forward_scratch = forward_scratch_of<Layer, In>(),
      .place = [](std::size_t, std::size_t i) { return i; },
      .oracle = Oracle<Layer>::template forward<In>,
      .forward = [](simd::Target on) { return ETCH_DISPATCH(on.id, forward<Layer, In>); },
      .data_gradient = nullptr,
      .weight_gradient = nullptr,
      .gradient_tiles = [](simd::Target) { return 0; },
  };
  if constexpr (!variables.empty()) all.place = Layer::template place<In>;
  return all;
}

template <class Layer, class In>
Subject subject() {
  Subject all = forward_subject<Layer, In>();
  all.data_gradient = [](simd::Target on) {
    return ETCH_DISPATCH(on.id, data_gradient<Layer, In>);
  };
  if constexpr (!variables_of<Layer, In>().empty()) {
    all.weight_gradient = [](simd::Target on) {
      return ETCH_DISPATCH(on.id, weight_gradient<Layer, In>);
    };
    all.gradient_tiles = [](simd::Target on) {
      return ETCH_DISPATCH(on.id, gradient_tiles<Layer, In>)();
    };
  }
  return all;
}

/// A subject with numbers to work on.
struct Bench {
  Bench(const Subject& subject, int samples) : layer(subject), rows(samples) {
    for (std::size_t row = 0; row < static_cast<std::size_t>(rows); ++row) {
      for (std::size_t i = 0; i < layer.in; ++i) {
        x[row * layer.in_stride + i] = number(1, row * 5000 + i);
        dx[row * layer.in_stride + i] = std::numeric_limits<float>::quiet_NaN();
      }
      for (std::size_t i = 0; i < layer.out; ++i) {
        dy[row * layer.out_stride + i] = number(2, row * 7000 + i);
      }
    }
    for (std::size_t v = 0; v < layer.variables.size(); ++v) {
      const Variable& variable = layer.variables[v];
      canonical.emplace_back(variable.size());
      packed.emplace_back(variable.floats);
      gradient.emplace_back(variable.floats);
      std::fill_n(gradient[v].data(), gradient[v].size(), std::numeric_limits<float>::quiet_NaN());
      for (std::size_t i = 0; i < variable.size(); ++i) {
        const float value = number(3 + static_cast<std::uint32_t>(v), i);
        canonical[v][i] = value;
        packed[v].data()[layer.place(v, i)] = value;
      }
      read_pointers.push_back(packed[v].data());
      write_pointers.push_back(gradient[v].data());
    }
    context.training = true;
    context.seed = 5;
    context.step = 3;
    context.layer = 2;
    use(scratch);
    context.saved = saved.data();
  }

  Reals sample(std::size_t row) const {
    return Reals(&x[row * layer.in_stride], &x[row * layer.in_stride] + layer.in);
  }

  /// The oracle's output for sample `row` with input `in` and the variables `of`.
  Reals oracle(std::size_t row, const Reals& in, const std::vector<Reals>& of) const {
    Context here = context;
    here.first_row += static_cast<std::uint32_t>(row);
    Reals out(layer.out);
    layer.oracle(here, in, of, out);
    return out;
  }

  /// What the gradients in this bench differentiate: the sum of dy * y over sample `row`.
  double objective(std::size_t row, const Reals& in, const std::vector<Reals>& of) const {
    const Reals out = oracle(row, in, of);
    double sum = 0;
    for (std::size_t i = 0; i < out.size(); ++i) {
      sum += out[i] * static_cast<double>(dy[row * layer.out_stride + i]);
    }
    return sum;
  }

  /// The same over all samples.
  double objective(const std::vector<Reals>& of) const {
    double sum = 0;
    for (std::size_t row = 0; row < static_cast<std::size_t>(rows); ++row) {
      sum += objective(row, sample(row), of);
    }
    return sum;
  }

  Subject layer;
  int rows;
  // Exactly as large as they must be, so that the address sanitizer sees who leaves them.
  std::vector<float> x = std::vector<float>(static_cast<std::size_t>(rows) * layer.in_stride);
  std::vector<float> y = std::vector<float>(static_cast<std::size_t>(rows) * layer.out_stride);
  std::vector<float> dy = y, dx = x;
  std::vector<Reals> canonical;
  std::vector<Buffer> packed, gradient;
  std::vector<const float*> read_pointers;
  std::vector<float*> write_pointers;
  Buffer scratch{layer.scratch(rows)};
  Buffer saved{static_cast<std::size_t>(rows * layer.saved_stride)};
  Context context;

  /// As where nobody trains.
  void infers() {
    context.training = false;
    context.saved = nullptr;
    scratch = Buffer(layer.forward_scratch);
    use(scratch);
  }

  /// Full of what an earlier pass may have left.
  void use(Buffer& memory) {
    std::fill_n(memory.data(), memory.size(), std::numeric_limits<float>::quiet_NaN());
    context.scratch = memory.data();
  }

  void forward(simd::Target target) {
    layer.forward(target)(context, x.data(), read_pointers.data(), y.data(), rows);
  }
  void data_gradient(simd::Target target) {
    layer.data_gradient(target)(context, x.data(), y.data(), read_pointers.data(), dy.data(),
                                dx.data(), rows);
  }
  void weight_gradient(simd::Target target, bool backwards) {
    const int tiles = layer.gradient_tiles(target);
    for (int i = 0; i < tiles; ++i) {
      layer.weight_gradient(target)(context, backwards ? tiles - 1 - i : i, x.data(), dy.data(),
                                    write_pointers.data(), rows);
    }
  }
};

}  // namespace etch::test

#endif
