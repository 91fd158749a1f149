#include "report.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <nlohmann/json.hpp>

#include "etch/io/new_file.hpp"

namespace etch::peers {
namespace {

using Json = nlohmann::ordered_json;

Json number_or_null(const std::optional<double>& number) {
  return number ? Json(*number) : Json();
}

Json json_of(const Row& row) {
  Json json{{"kind", row.kind},   {"model", row.model}, {"layer", row.layer}, {"pass", row.pass},
            {"shape", row.shape}, {"batch", row.batch}, {"flops", row.flops}};
  for (const Entry& entry : row.entries)
    json["seconds"][entry.peer] = number_or_null(entry.seconds);
  for (const Entry& entry : row.entries) {
    if (entry.p99) json["p99_seconds"][entry.peer] = *entry.p99;
    if (!entry.implementation.empty()) json["implementations"][entry.peer] = entry.implementation;
    if (entry.reorder_seconds) json["reorder_seconds"][entry.peer] = *entry.reorder_seconds;
  }
  json["peak_gflops"] = row.peak / 1e9;
  json["rounds"] = row.rounds;
  json["rejected_rounds"] = row.rejected_rounds;
  return json;
}

const Entry* find(const Row& row, const std::string& peer) {
  for (const Entry& entry : row.entries) {
    if (entry.peer == peer) return &entry;
  }
  return nullptr;
}

std::string title(const Row& row) {
  std::string title = row.model;
  for (const std::string& part : {row.layer, row.pass}) {
    if (!part.empty()) title += "/" + part;
  }
  return title;
}

}  // namespace

std::string table_head(const Versions& versions) {
  std::string head = fmt::format("{:<42} {:>5} {:>11} {:>6}", "", "batch", "etch us", "% peak");
  for (const auto& [peer, version] : versions) {
    if (peer != "etch" && version != "absent") head += fmt::format(" {:>9}", peer);
  }
  return head;
}

std::string table_line(const Row& row, const Versions& versions) {
  std::string line = fmt::format("{:<42} {:>5}", title(row), row.batch);
  const std::optional<double> own = row.entries.front().seconds;
  if (!own) return line + fmt::format("  no quiet round of {}", row.rejected_rounds);
  line += fmt::format(" {:>11.2f}", *own * 1e6);
  line += row.flops == 0
              ? fmt::format(" {:>6}", "")
              : fmt::format(" {:>6.1f}", 100 * static_cast<double>(row.flops) / *own / row.peak);
  for (const auto& [peer, version] : versions) {
    if (peer == "etch" || version == "absent") continue;
    const Entry* entry = find(row, peer);
    line += entry == nullptr ? fmt::format(" {:>9}", "-")
                             : fmt::format(" {:>8.2f}x", *entry->seconds / *own);
  }
  if (row.rejected_rounds > 0) line += fmt::format("  {} rounds rejected", row.rejected_rounds);
  return line;
}

void write_json(const std::filesystem::path& path, const Machine& machine, const Versions& versions,
                const std::vector<Row>& rows) {
  Json json;
  json["machine"] = {{"cpu", machine.cpu},
                     {"target", machine.target},
                     {"compiler", ETCH_COMPILER},
                     {"threads", 1}};
  for (const auto& [peer, version] : versions) json["versions"][peer] = version;
  json["rows"] = Json::array();
  for (const Row& row : rows) json["rows"].push_back(json_of(row));
  const std::string text = json.dump(1) + '\n';
  etch::detail::NewFile file(path);
  file.write({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
  file.finish();
}

}  // namespace etch::peers
