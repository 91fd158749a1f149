#include <fmt/format.h>

#include "contenders.hpp"
#include "etch/base/philox.hpp"

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

void compare_pass(const Model& model, const Layer& layer, Pass pass, const Arrays& arrays,
                  const Comparison& comparison) {
  const std::string pass_name(name_of(pass));
  const std::string name = fmt::format("{}/{}/{}", model.name, layer.name, pass_name);
  if (name.find(comparison.filter) == name.npos) return;
  const auto contenders = agreeing_contenders(
      name, model, comparison.peers, [&](Peer& peer) { return peer.pass(layer, pass, arrays); });
  measure(contenders, comparison,
          {.kind = "layer",
           .model = model.name,
           .layer = layer.name,
           .pass = pass_name,
           .shape = shape_of(layer),
           .batch = model.batch,
           .flops = layer.flops * static_cast<std::uint64_t>(model.batch)});
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
