#include "etch/io/checkpoint_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "etch/base/buffer.hpp"
#include "etch/base/error.hpp"
#include "etch/io/fail.hpp"
#include "etch/io/safetensors.hpp"

namespace etch::detail {
namespace {

namespace fs = std::filesystem;

constexpr const char* signature_key = "etch_network";
constexpr std::size_t most_rows = 200;        // of what a message shows
constexpr std::size_t chunk_floats = 16'384;  // 64 kB on the way, instead of a second array

/// "0_conv2d.kernel".
std::string name_of(const PlacedVariable& placed) {
  return fmt::format("{}.{}", placed.layer_name, placed.variable.name);
}

Tensor tensor_of(const PlacedVariable& placed) {
  const auto shape = std::span(placed.variable.extents).first(placed.variable.rank);
  return {name_of(placed), "F32", {shape.begin(), shape.end()}, 0, 0};
}

/// Calls `visit(first, floats)` for each part of a variable.
template <class Visit>
void for_each_chunk(const PlacedVariable& placed, Visit&& visit) {
  const std::size_t size = placed.variable.size();
  std::vector<float> chunk(std::min(chunk_floats, size));
  for (std::size_t first = 0; first < size; first += chunk.size()) {
    visit(first, std::span(chunk).first(std::min(chunk.size(), size - first)));
  }
}

/// A layer or a tensor, as the network has it and as the file does; "-" where one has none.
struct Row {
  std::string name, network, file;
  bool differs;
};

/// The first `most` layers that the file's signature names, or none. Commas between '<' and '>'
/// separate none.
std::vector<std::string> layers_of(const SafetensorsHeader& header, std::size_t most) {
  const auto found = header.metadata.find(signature_key);
  if (found == header.metadata.end()) return {};
  std::vector<std::string> layers(1);
  int depth = 0;
  for (const char c : found->second) {
    depth += (c == '<') - (c == '>');
    if (c == ',' && depth == 0) {
      if (layers.size() == most) break;
      layers.emplace_back();
    } else if (c != ' ' || !layers.back().empty()) {
      layers.back() += c;
    }
  }
  return layers;
}

/// All layers and tensors that either has, in order; tensors follow the layer that their names
/// begin with.
std::vector<Row> compare(const Schema& schema, const SafetensorsHeader& header) {
  std::vector<Row> rows;
  const auto add = [&](std::string name, std::string network, std::string file) {
    const bool differs = network != file;
    rows.push_back({std::move(name), std::move(network), std::move(file), differs});
  };
  std::map<std::string, const Tensor*> left;
  for (const Tensor& tensor : header.tensors) left[tensor.name] = &tensor;

  // All of the network's, and as many more as can be shown: memory has a bound.
  const auto signed_layers = layers_of(header, schema.layers.size() + most_rows);
  for (std::size_t i = 0; i < std::max(schema.layers.size(), signed_layers.size()); ++i) {
    add(i == 0 ? "input" : fmt::format("layer {}", i - 1),
        i < schema.layers.size() ? schema.layers[i] : "-",
        i < signed_layers.size() ? signed_layers[i] : "-");
    if (signed_layers.empty()) rows.back() = {rows.back().name, rows.back().network, "?", false};
    if (i == 0) continue;
    for (const PlacedVariable& placed : schema.variables) {
      if (placed.layer != i - 1) continue;
      const Tensor expected = tensor_of(placed);
      const auto found = left.find(expected.name);
      add(expected.name, type_of(expected), found == left.end() ? "-" : type_of(*found->second));
      if (found != left.end()) left.erase(found);
    }
    const std::string prefix = fmt::format("{}_", i - 1);
    auto own = left.lower_bound(prefix);
    while (own != left.end() && own->first.starts_with(prefix)) {
      add(own->first, "-", type_of(*own->second));
      own = left.erase(own);
    }
  }
  for (const auto& [name, tensor] : left) add(name, "-", type_of(*tensor));
  return rows;
}

std::string shortened(const std::string& text) {
  constexpr std::size_t most = 60;
  return printable(text.size() <= most ? text : text.substr(0, most - 3) + "...");
}

std::string table(std::vector<Row> rows) {
  const std::size_t more = rows.size() - std::min(rows.size(), most_rows);
  rows.resize(rows.size() - more);
  rows.insert(rows.begin(), {"", "the network has", "the file has", false});
  std::size_t name_width = 0, network_width = 0;
  for (Row& row : rows) {
    if (row.name.find('.') != row.name.npos) row.name.insert(0, "  ");  // a tensor, below its layer
    row = {shortened(row.name), shortened(row.network), shortened(row.file), row.differs};
    name_width = std::max(name_width, row.name.size());
    network_width = std::max(network_width, row.network.size());
  }
  std::string text;
  for (Row& row : rows) {
    row.name.resize(name_width, ' ');
    row.network.resize(network_width, ' ');
    text +=
        fmt::format("\n  {} {}  {}  {}", row.differs ? '*' : ' ', row.name, row.network, row.file);
  }
  if (more > 0) text += fmt::format("\n    ... and {} more", more);
  return text;
}

/// Throws Error, with the whole comparison, unless the file is the network's.
void check(const fs::path& path, const Schema& schema, const SafetensorsHeader& header) {
  const std::vector<Row> rows = compare(schema, header);
  const auto first = std::ranges::find(rows, true, &Row::differs);
  if (first == rows.end()) return;
  const auto shown = [](const std::string& text) { return text == "-" ? "none" : shortened(text); };
  const auto others = std::ranges::count(rows, true, &Row::differs) - 1;
  throw Error(
      printable(path.string()),
      fmt::format("{} as {} expected, {} found{}; give a file of this network{}",
                  shown(first->network), shortened(first->name), shown(first->file),
                  others > 0 ? fmt::format(", and {} more differ", others) : "", table(rows)));
}

}  // namespace

void write_checkpoint(const fs::path& path, const Schema& schema,
                      std::span<const float> parameters) {
  SafetensorsHeader header;
  std::string& signature = header.metadata[signature_key];
  for (const std::string& layer : schema.layers) {
    signature += (signature.empty() ? "" : ", ") + layer;
  }
  for (const auto& placed : schema.variables) header.tensors.push_back(tensor_of(placed));
  SafetensorsWriter file(path, header);
  for (const PlacedVariable& placed : schema.variables) {
    for_each_chunk(placed, [&](std::size_t first, std::span<float> floats) {
      placed.for_each(first, floats.size(),
                      [&](std::size_t i, std::size_t place) { floats[i] = parameters[place]; });
      file.write(floats);
    });
  }
  file.finish();
}

void read_checkpoint(const fs::path& path, const Schema& schema, std::span<float> parameters) {
  SafetensorsReader file(path);
  check(path, schema, file.header());
  Buffer read(parameters.size());  // all is there before anything changes; zero pads it
  for (const PlacedVariable& placed : schema.variables) {
    const auto& tensors = file.header().tensors;
    const Tensor& tensor = *std::ranges::find(tensors, name_of(placed), &Tensor::name);
    for_each_chunk(placed, [&](std::size_t first, std::span<float> floats) {
      file.read(tensor, first, floats);
      placed.for_each(first, floats.size(),
                      [&](std::size_t i, std::size_t place) { read.span()[place] = floats[i]; });
    });
  }
  std::ranges::copy(read.span(), parameters.begin());
}

}  // namespace etch::detail
