#include <fmt/format.h>

#include "contenders.hpp"
#include "etch/base/philox.hpp"

namespace etch::peers {
namespace {

constexpr int checked_steps = 20;
constexpr int step_batches = 16;
constexpr int inference_batches[] = {64, 256, 1000};

bool is_wanted(const std::string& name, const Comparison& comparison) {
  return name.find(comparison.filter) != name.npos;
}

/// Noise, and labels by chance.
Samples noise(const Model& model, int count) {
  Samples samples{.values = model.layers.front().inputs(), .pictures = {}, .labels = {}};
  const auto words = [](std::uint32_t place) {
    return [stream = RandomStream{1, Purpose::shuffle, place, 0}, draws = 0u]() mutable {
      return stream.word(draws++);
    };
  };
  auto values = words(2), labels = words(3);
  for (int i = 0; i < count; ++i) {
    const int classes = model.layers.back().outputs();
    samples.labels.push_back(
        static_cast<std::uint8_t>(below(static_cast<std::uint32_t>(classes), labels())));
    for (int v = 0; v < samples.values; ++v) samples.pictures.push_back(uniform(values()) - 0.5f);
  }
  return samples;
}

/// Of one sample: forward, and backward where training needs it.
std::uint64_t flops_forward(const Model& model) {
  std::uint64_t sum = 0;
  for (const Layer& layer : model.layers) sum += layer.flops;
  return sum;
}
std::uint64_t flops_of_step(const Model& model) {
  std::uint64_t sum = flops_forward(model);
  for (const Layer& layer : model.layers) {
    if (layer.trains()) sum += layer.flops * (layer.index > model.first_trained ? 2 : 1);
  }
  return sum * static_cast<std::uint64_t>(model.batch);
}

}  // namespace

void compare_step(const Model& model, const Comparison& comparison) {
  const std::string name = model.name + "/step";
  if (!is_wanted(name, comparison)) return;
  const Samples samples = noise(model, step_batches * model.batch);
  const auto contenders = agreeing_contenders(
      name, model, comparison.peers, [&](Peer& peer) { return peer.step(model, samples); },
      checked_steps);
  measure(contenders, comparison,
          {.kind = "step",
           .model = model.name,
           .pass = "step",
           .batch = model.batch,
           .flops = flops_of_step(model)});
}

void compare_inference(const Model& model, const Comparison& comparison) {
  if (const std::string name = model.name + "/latency"; is_wanted(name, comparison)) {
    const Samples picture = noise(model, 1);
    const auto contenders = agreeing_contenders(
        name, model, comparison.peers, [&](Peer& peer) { return peer.predict(model, picture); });
    measure_latency(
        contenders, comparison,
        {.kind = "latency", .model = model.name, .pass = "latency", .flops = flops_forward(model)});
  }
  const std::string name = model.name + "/inference";
  if (!is_wanted(name, comparison)) return;
  for (int batch : inference_batches) {
    const Samples samples = noise(model, batch);
    const auto contenders = agreeing_contenders(
        name, model, comparison.peers, [&](Peer& peer) { return peer.classify(model, samples); });
    measure(contenders, comparison,
            {.kind = "inference",
             .model = model.name,
             .pass = "inference",
             .batch = batch,
             .flops = flops_forward(model)},
            batch);
  }
}

}  // namespace etch::peers
