#include <fmt/format.h>

#include <algorithm>

#include "check.hpp"
#include "compare.hpp"
#include "etch/base/philox.hpp"
#include "sample.hpp"

namespace etch::peers {
namespace {

/// Numbers in [-0.5, 0.5).
std::vector<float> random_values(int count, std::uint32_t place) {
  std::vector<float> values(static_cast<std::size_t>(count));
  std::uint32_t draws = 0;
  for (float& value : values) {
    value = uniform(RandomStream{1, Purpose::shuffle, place, 0}.word(draws++)) - 0.5f;
  }
  return values;
}

std::string shape_of(const Layer& layer) {
  if (layer.rows.in == 1) return fmt::format("{} -> {}", layer.inputs(), layer.outputs());
  return fmt::format("{}x{}x{} -> {}x{}x{}, {}x{}{}", layer.rows.in, layer.columns.in,
                     layer.channels, layer.rows.out, layer.columns.out, layer.filters,
                     layer.rows.size, layer.columns.size,
                     layer.rows.stride == 1 ? "" : fmt::format(" stride {}", layer.rows.stride));
}

struct Contender {
  std::string name;
  Work work;
};

/// etch and the peers that have this pass, all of which agree.
std::vector<Contender> contenders_of(const Model& model, const Layer& layer, Pass pass,
                                     const Arrays& arrays, const std::string& name,
                                     const Peers& peers) {
  std::vector<Contender> contenders{{"etch", *model.etch->pass(layer, pass, arrays)}};
  contenders[0].work.run();
  const std::vector<float> own = contenders[0].work.result();
  for (const auto& peer : peers.present) {
    std::optional<Work> work = peer->pass(layer, pass, arrays);
    if (!work) continue;
    work->run();
    check_agreement(name, peer->name(), own, work->result());
    contenders.push_back({peer->name(), *std::move(work)});
  }
  return contenders;
}

std::vector<Entry> entries_of(const std::vector<Contender>& contenders, const Timing& timing,
                              int rounds) {
  std::vector<Entry> entries;
  for (std::size_t c = 0; c < contenders.size(); ++c) {
    Entry entry{contenders[c].name, {}, {}, contenders[c].work.implementation, {}};
    if (timing.rounds > 0) entry.seconds = timing.seconds[c];
    if (const auto& reorder = contenders[c].work.reorder) {
      const Timing other = sample({reorder}, rounds);
      if (other.rounds > 0) entry.reorder_seconds = other.seconds[0];
    }
    entries.push_back(std::move(entry));
  }
  return entries;
}

void compare_pass(const Model& model, const Layer& layer, Pass pass, const Arrays& arrays,
                  const Comparison& comparison) {
  const std::string pass_name(name_of(pass));
  const std::string name = fmt::format("{}/{}/{}", model.name, layer.name, pass_name);
  if (name.find(comparison.filter) == name.npos) return;
  const auto contenders = contenders_of(model, layer, pass, arrays, name, comparison.peers);
  std::vector<std::function<void()>> runs;
  for (const Contender& contender : contenders) runs.push_back(contender.work.run);
  const Timing timing = sample(runs, comparison.rounds);
  comparison.found({.kind = "layer",
                    .model = model.name,
                    .layer = layer.name,
                    .pass = pass_name,
                    .shape = shape_of(layer),
                    .batch = model.batch,
                    .flops = layer.flops * static_cast<std::uint64_t>(model.batch),
                    .entries = entries_of(contenders, timing, comparison.rounds),
                    .rounds = timing.rounds,
                    .rejected_rounds = timing.rejected},
                   timing.peak);
}

}  // namespace

void compare_layers(const Model& model, const Comparison& comparison) {
  for (const Layer& layer : model.layers) {
    if (layer.kind == Layer::Kind::dropout) continue;  // random numbers differ
    Arrays arrays{.batch = model.batch,
                  .x = random_values(model.batch * layer.inputs(), 0),
                  .y = {},
                  .dy = random_values(model.batch * layer.outputs(), 1)};
    arrays.y.resize(arrays.dy.size());
    Work forward = *model.etch->pass(layer, Pass::forward, arrays);
    forward.run();
    arrays.y = forward.result();
    for (Pass pass : {Pass::forward, Pass::data_gradient, Pass::weight_gradient}) {
      if (pass == Pass::data_gradient && layer.index <= model.first_trained) continue;
      if (pass == Pass::weight_gradient && !layer.trains()) continue;
      compare_pass(model, layer, pass, arrays, comparison);
    }
  }
}

}  // namespace etch::peers
