#ifndef ETCH_BENCH_PEERS_REPORT_HPP
#define ETCH_BENCH_PEERS_REPORT_HPP

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace etch::peers {

/// What one contender took.
struct Entry {
  std::string peer;
  std::optional<double> seconds;          // nothing where no round was quiet
  std::optional<double> p99;              // of latencies
  std::string implementation;             // what the library calls it, where it says
  std::optional<double> reorder_seconds;  // see Work::reorder; not part of `seconds`
};

/// One measurement: etch, then its peers. Seconds are those of one pass, one step, one picture.
struct Row {
  std::string kind;  // layer, step, inference, latency
  std::string model, layer = {}, pass = {}, shape = {};
  int batch = 1;
  std::uint64_t flops = 0;  // that `seconds` contain
  std::vector<Entry> entries = {};
  int rounds = 0, rejected_rounds = 0;
  double peak = 0;  // flop/s, probed around etch in these rounds, the median
};

struct Machine {
  std::string cpu, target;
};

/// Names and versions; "absent" where the program was built without.
using Versions = std::vector<std::pair<std::string, std::string>>;

/// The table's head, and a line of it: etch's time and share of the peak, and how many times as
/// long each peer takes.
std::string table_head(const Versions& versions);
std::string table_line(const Row& row, const Versions& versions);

/// Writes all of it as JSON; throws Error where the file cannot be written.
void write_json(const std::filesystem::path& path, const Machine& machine, const Versions& versions,
                const std::vector<Row>& rows);

}  // namespace etch::peers

#endif
