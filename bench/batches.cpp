// How many pictures a second the course's models infer, and learn from, by how many there are at a
// time: from 1 to 1,000, and up to the batch that the model is trained on. No number of them may be
// much slower than its neighbours.
//
//   meson compile -C build bench_batches
//   build/bench/bench_batches --benchmark_filter=^lenet5/inference

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "course_models.hpp"

namespace {

constexpr int most = 1000;

/// All small numbers, and some larger ones with their neighbours.
std::vector<std::int64_t> counts(int limit) {
  std::vector<std::int64_t> found;
  for (int count = 1; count <= std::min(40, limit); ++count) found.push_back(count);
  for (int count : {48, 63, 64, 65, 96, 100, 127, 128, 129, 200, 256, 500, most}) {
    if (count <= limit) found.push_back(count);
  }
  return found;
}

/// Grey pictures, and labels for them.
template <class Net>
struct Samples {
  std::vector<float> values = std::vector<float>(std::size_t{most} * Net::Input::size, 0.1f);
  std::vector<std::uint8_t> labels = std::vector<std::uint8_t>(most);

  etch::Minibatch first(int count) const {
    const auto pictures = static_cast<std::size_t>(count);
    return {etch::Pictures(values, Net::Input::size).slice(0, pictures),
            std::span(labels).first(pictures)};
  }
};

template <class Net>
void inference(benchmark::State& state) {
  const int count = static_cast<int>(state.range(0));
  const Samples<Net> samples;
  const etch::Pictures pictures = samples.first(count).pictures;
  const etch::Model<Net> model;
  etch::Workspace<Net> workspace;
  for (auto _ : state) {
    for (int first = 0; first < count; first += etch::inference_rows<Net>) {
      model.infer(pictures, static_cast<std::size_t>(first),
                  std::min(etch::inference_rows<Net>, count - first), workspace);
    }
  }
  state.SetItemsProcessed(state.iterations() * count);
}

template <class Net, int Batch, class Optimizer>
void step(benchmark::State& state) {
  const int count = static_cast<int>(state.range(0));
  const Samples<Net> samples;
  etch::Model<Net> model;
  etch::Trainer<Net, Batch, Optimizer> trainer(model, {.learning_rate = 0.0f});
  for (auto _ : state) trainer.step(samples.first(count));
  state.SetItemsProcessed(state.iterations() * count);
}

}  // namespace

template <class Net, int Batch, class Optimizer>
int measure(int, char**, const etch::app::Settings& settings, const Optimizer&) {
  const std::string name = settings.name;
  benchmark::RegisterBenchmark((name + "/inference").c_str(), inference<Net>)
      ->ArgsProduct({counts(most)});
  benchmark::RegisterBenchmark((name + "/step").c_str(), step<Net, Batch, Optimizer>)
      ->ArgsProduct({counts(Batch)});
  return 0;
}

int main(int argc, char** argv) {
  for (auto* model : {logistic_l2, mlp_l2, conv_strided, conv_pooled, lenet5}) model(argc, argv);
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
}
