#ifndef ETCH_BENCH_LAYERS_HPP
#define ETCH_BENCH_LAYERS_HPP

// Benchmarks that follow from a network's type, for a program with Google Benchmark's `main`:
//
//   #include <etch/bench/layers.hpp>
//
//   using Net = etch::Network<etch::Input<28, 28, 1>, etch::Dense<10>>;
//
//   const int benchmarks = etch::bench::register_layers<Net, 64>("net");
//
//   BENCHMARK_MAIN();
//
// docs/benchmarks.md says what they report.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "etch/bench/measure.hpp"
#include "etch/bench/workload.hpp"

namespace etch::bench {

/// Registers what a training step of `Net` on `Batch` samples does, layer by layer, as
/// "name/3_conv2d/forward", "data_gradient", "weight_gradient", "update", and "weight_update" of
/// the last two in one, where the step needs them; the same with ".../cold" where it reads or
/// writes weights; and "name/step" and "name/inference", the whole of both. Passes that the network
/// does not execute as they are written follow as "name/rewritten/3_conv2d+relu/forward". Returns
/// how many it registered.
template <class Net, int Batch, class Optimizer = SGD>
int register_layers(const std::string& name);

/// Registers all passes of one layer that reads `In`, a Shape, as "name/forward" and so on.
template <class Layer, class In, int Batch, class Optimizer = SGD>
int register_layer(const std::string& name);

// How.

namespace detail {

/// `Batches` minibatches of random pictures with labels.
template <class Net, int Batch, int Batches = 1>
struct Samples {
  static constexpr std::size_t values_each = std::size_t{Batch} * Net::Input::size;
  std::vector<float> values = std::vector<float>(Batches * values_each);
  std::vector<std::uint8_t> labels = std::vector<std::uint8_t>(std::size_t{Batches} * Batch);

  Samples() {
    std::minstd_rand random;
    std::uniform_real_distribution<float> pixel(-0.5f, 0.5f);
    for (float& value : values) value = pixel(random);
    for (std::uint8_t& label : labels) {
      label = static_cast<std::uint8_t>(random() % Net::Output::size);
    }
  }

  Minibatch minibatch(std::size_t i = 0) const {
    return {Pictures(std::span(values).subspan(i * values_each, values_each), Net::Input::size),
            std::span(labels).subspan(i * Batch, Batch)};
  }
};

template <class Net, Pass pass, class Step, int Batch, class Optimizer>
void run_pass(benchmark::State& state, Weights weights) {
  Workload<Net, pass, Step, Batch, Optimizer> workload(weights);
  measure(state, workload.cost, weights, workload);
}

template <class Net, int Batch, class Optimizer>
void run_step(benchmark::State& state) {
  constexpr int batches = 16;  // so that a batch's pictures are not those of the step before
  const Samples<Net, Batch, batches> samples;
  std::size_t step = 0;
  Model<Net> model;
  Trainer<Net, Batch, Optimizer> trainer(model, {.learning_rate = 0.0f});  // the numbers stay sane
  measure(state, step_cost<Net, Batch, Optimizer>(), Weights::warm,
          [&] { trainer.step(samples.minibatch(step++ % batches)); });
}

template <class Net, int Batch>
void run_inference(benchmark::State& state) {
  const Samples<Net, Batch> samples;
  const Pictures pictures = samples.minibatch().pictures;
  const Model<Net> model;
  Workspace<Net> workspace;
  measure(state, inference_cost<Net, Batch, inference_rows<Net>>(), Weights::warm, [&] {
    for (int first = 0; first < Batch; first += inference_rows<Net>) {
      model.infer(pictures, static_cast<std::size_t>(first),
                  std::min(inference_rows<Net>, Batch - first), workspace);
    }
  });
}

/// Registers one pass, twice where it reads or writes weights. Returns how often it did.
template <class Net, Pass pass, class Step, int Batch, class Optimizer>
int register_pass(std::string name) {
  const auto add = [&](Weights weights) {
    benchmark::RegisterBenchmark(name.c_str(), run_pass<Net, pass, Step, Batch, Optimizer>,
                                 weights);
  };
  (name += '/') += name_of(pass);
  add(Weights::warm);
  if (!Step::has_variables) return 1;
  name += "/cold";
  add(Weights::cold);
  return 2;
}

/// Registers those passes of a step up to `last` that training `Net` does. Returns how many.
template <class Net, class Step, int Batch, class Optimizer, Pass last = Pass::weight_update>
int register_step(const std::string& name) {
  int count = 0;
  meta::for_each_index<passes.size()>([&]<std::size_t I>() {
    if constexpr (passes[I] <= last && does<Net, Step>(passes[I])) {
      count += register_pass<Net, passes[I], Step, Batch, Optimizer>(name);
    }
  });
  return count;
}

/// Calls `visit.template operator()<Step, last>(prefix)` for every step as the network is written,
/// then for those that it executes otherwise: there passes after `last` are the same.
template <class Net, class Visit>
void for_each_variant(Visit&& visit) {
  Net::for_each_step(
      [&]<class Step>() { visit.template operator()<Step, Pass::weight_update>(""); });
  for_each_executed<Net>([&]<class Step, std::size_t>() {
    using Written = typename Net::template step<Step::index>;
    if constexpr (!std::is_same_v<Step, Written>) {
      // What reads there what forward saved does another layer's work.
      constexpr bool other_weight_gradient = weight_gradient_reads_saved_of<typename Step::Layer>();
      visit.template operator()<Step, other_weight_gradient ? Pass::weight_gradient
                                                            : Pass::data_gradient>("rewritten/");
    }
  });
}

template <class In>
struct LayerRequirements {
  static_assert(is_shape<In>::value,
                "etch: register_layer<Layer, In, Batch>: requires a Shape as the layer's input, "
                "another type came; write Shape<height, width, channels> or Shape<units>");
};

/// A network around a single layer: one before it needs the gradient of its data. As many samples
/// go together as the layer's own activations let.
template <class Layer, class In>
struct Around {
  using Input = In;
  using Inside = Step<1, Layer, In>;
  using Executed = meta::mp_list<Inside>;
  static constexpr std::size_t first_trained = 0;
  static constexpr std::size_t parameters = Inside::parameters;
};

}  // namespace detail

template <class N, int B, class O>
int register_layers(const std::string& name) {
  using Net = etch::detail::checked_network<N>;
  constexpr int Batch = etch::detail::checked_batch<Net, B>;
  using Optimizer = etch::detail::checked_optimizer<O>;
  describe_machine();
  int count = 0;
  detail::for_each_variant<Net>([&]<class Step, Pass last>(const char* prefix) {
    const std::string step = name + "/" + prefix + std::string(std::string_view(Step::name));
    count += detail::register_step<Net, Step, Batch, Optimizer, last>(step);
  });
  benchmark::RegisterBenchmark((name + "/step").c_str(), detail::run_step<Net, Batch, Optimizer>);
  benchmark::RegisterBenchmark((name + "/inference").c_str(), detail::run_inference<Net, Batch>);
  return count + 2;
}

template <class Layer, class I, int B, class O>
int register_layer(const std::string& name) {
  static_assert(sizeof(detail::LayerRequirements<I>) > 0);
  using In = std::conditional_t<is_shape<I>::value, I, Shape<256, 256, 1>>;
  using Net = detail::Around<Layer, In>;
  constexpr int Batch = etch::detail::checked_batch<Net, B>;
  using Optimizer = etch::detail::checked_optimizer<O>;
  describe_machine();
  return detail::register_step<Net, typename Net::Inside, Batch, Optimizer>(name);
}

}  // namespace etch::bench

#endif
