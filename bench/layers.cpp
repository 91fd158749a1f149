// The passes of the course's layers on one thread, as a share of the core's peak. Run it alone:
//
//   meson compile -C build bench_layers && build/bench/bench_layers
//
// GFLOP/s count useful products, not those with padding. `peak` is the share of the multiply-add
// peak probed just before and after (the mean); where the two differ by more than a tenth,
// something else was running, and the sample is labelled "noisy".

#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "etch/etch.hpp"
#include "etch/kernel/peak-inl.hpp"

using namespace etch;

namespace {

/// A layer with random numbers for a batch.
template <class Layer, class In, int Batch>
struct Arrays {
  using Out = typename Layer::template Output<In>;
  static constexpr auto variables = variables_of<Layer, In>();

  Arrays() {
    const auto fill = [this](float* to, std::size_t i) {
      to[i] = uniform(RandomStream{1, Purpose::shuffle, 0, 0}.word(draws++)) - 0.5f;
    };
    for (std::size_t row = 0; row < Batch; ++row) {
      for (std::size_t i = 0; i < In::size; ++i) fill(x.data() + row * In::stride, i);
      for (std::size_t i = 0; i < Out::size; ++i) fill(dy.data() + row * Out::stride, i);
    }
    for (std::size_t v = 0; v < variables.size(); ++v) {
      values.emplace_back(variables[v].floats);
      gradients.emplace_back(variables[v].floats);
      for (std::size_t i = 0; i < variables[v].size(); ++i) {
        fill(values[v].data(), Layer::template place<In>(v, i));
      }
      value_pointers.push_back(values[v].data());
      gradient_pointers.push_back(gradients[v].data());
    }
    context.scratch = scratch.data();
  }

  std::uint32_t draws = 0;
  Buffer x{Batch * In::stride}, y{Batch * Out::stride}, dx{Batch * In::stride};
  Buffer dy{Batch * Out::stride}, scratch{scratch_of<Layer, In>(Batch)};
  std::vector<Buffer> values, gradients;
  std::vector<const float*> value_pointers;
  std::vector<float*> gradient_pointers;
  Context context;
};

template <class Layer, class In, int Batch, class Pass>
void run(benchmark::State& state, Pass pass) {
  Arrays<Layer, In, Batch> arrays;
  const double before = HWY_NAMESPACE::probe_peak();
  for (auto _ : state) {
    pass(arrays);
    benchmark::ClobberMemory();
  }
  const double after = HWY_NAMESPACE::probe_peak();
  const double flops = static_cast<double>(flops_of<Layer, In>()) * Batch;
  using Counter = benchmark::Counter;
  state.counters["GFLOP/s"] = Counter(flops / 1e9, Counter::kIsIterationInvariantRate);
  state.counters["peak"] =
      Counter(flops / ((before + after) / 2), Counter::kIsIterationInvariantRate);
  if (before > 1.1 * after || after > 1.1 * before) state.SetLabel("noisy");
}

/// A first layer needs no gradient of its data.
enum class Place { first, inner };

/// Benchmarks of the three passes, `tile` samples at a time where a training step does so.
template <class Layer, class In, int Batch>
void register_layer(const std::string& name, Place place) {
  using Out = typename Layer::template Output<In>;
  using Here = HWY_NAMESPACE::Passes<Layer, In>;
  using Data = Arrays<Layer, In, Batch>;
  constexpr int tile = sample_tile(Batch);
  benchmark::RegisterBenchmark((name + "/forward").c_str(), [](benchmark::State& state) {
    run<Layer, In, Batch>(state, [](Data& a) {
      for (int row = 0; row < Batch; row += tile) {
        Here::forward(a.context, a.x.data() + row * In::stride, a.value_pointers.data(),
                      a.y.data() + row * Out::stride, tile);
      }
    });
  });
  if (place == Place::inner) {
    benchmark::RegisterBenchmark((name + "/data_gradient").c_str(), [](benchmark::State& state) {
      run<Layer, In, Batch>(state, [](Data& a) {
        for (int row = 0; row < Batch; row += tile) {
          Here::data_gradient(a.context, a.x.data() + row * In::stride,
                              a.y.data() + row * Out::stride, a.value_pointers.data(),
                              a.dy.data() + row * Out::stride, a.dx.data() + row * In::stride,
                              tile);
        }
      });
    });
  }
  benchmark::RegisterBenchmark((name + "/weight_gradient").c_str(), [](benchmark::State& state) {
    run<Layer, In, Batch>(state, [](Data& a) {
      for (int i = 0; i < Here::gradient_tiles; ++i) {
        Here::weight_gradient(a.context, i, a.x.data(), a.dy.data(), a.gradient_pointers.data(),
                              Batch);
      }
    });
  });
}

}  // namespace

int main(int argc, char** argv) {
  register_layer<Dense<10>, Shape<28, 28, 1>, 128>("logistic/0_dense", Place::first);
  register_layer<Conv2D<16, 5, Same, 2>, Shape<28, 28, 1>, 16>("conv_strided/0_conv2d",
                                                               Place::first);
  register_layer<Conv2D<16, 5, Same, 2>, Shape<14, 14, 16>, 16>("conv_strided/2_conv2d",
                                                                Place::inner);
  register_layer<Dense<64>, Shape<7, 7, 16>, 16>("conv_strided/4_dense", Place::inner);
  register_layer<Dense<10>, Shape<64>, 16>("conv_strided/6_dense", Place::inner);
  register_layer<Dense<1024>, Shape<28, 28, 1>, 128>("mlp/0_dense", Place::first);
  register_layer<Dense<10>, Shape<1024>, 128>("mlp/2_dense", Place::inner);
  register_layer<Conv2D<6, 5>, Shape<28, 28, 1>, 64>("lenet5/0_conv2d", Place::first);
  register_layer<Conv2D<16, 5, Valid>, Shape<14, 14, 6>, 64>("lenet5/3_conv2d", Place::inner);
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
}
