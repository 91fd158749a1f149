// Every pass of every layer of the course's models: those whose layers differ.
//
//   meson compile -C build bench_models
//   build/bench/bench_models --benchmark_filter=^lenet5 --benchmark_counters_tabular=true
//
// docs/benchmarks.md says what the columns mean.

#include "etch/bench/layers.hpp"
#include "model_source.hpp"

// Namespaces, because some models call their networks alike.
#define main run
namespace logistic_l2 {
#include "../examples/3_regularization/logistic_l2.cpp"
}
namespace mlp_l2 {
#include "../examples/3_regularization/mlp_l2.cpp"
}
namespace mlp_deep {
#include "../examples/3_regularization/mlp_deep.cpp"
}
namespace conv_strided {
#include "../examples/4_convolutions/conv_strided.cpp"
}
namespace conv_pooled {
#include "../examples/4_convolutions/conv_pooled.cpp"
}
namespace lenet5 {
#include "../examples/4_convolutions/lenet5.cpp"
}
namespace conv_best {
#include "../examples/4_convolutions/conv_best.cpp"
}
#undef main

template <class Net, int Batch, class Optimizer>
int measure(int, char**, const etch::app::Settings& settings, const Optimizer&) {
  return etch::bench::register_layers<Net, Batch, Optimizer>(settings.name);
}

int main(int argc, char** argv) {
  for (auto* model : {logistic_l2::run, mlp_l2::run, mlp_deep::run, conv_strided::run,
                      conv_pooled::run, lenet5::run, conv_best::run}) {
    model(argc, argv);
  }
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
}
