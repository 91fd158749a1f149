// Others' libraries beside etch: the same layers, training steps and inference, on one thread, by
// turns, after both sides' results were found to agree. Run it alone:
//
//   meson compile -C build bench_peers && build/bench/peers/bench_peers --json peers.json
//
// Libraries that were not there when the program was configured are "absent".

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>
#include <exception>

#include "compare.hpp"
#include "etch/base/denormals.hpp"
#include "etch/base/error.hpp"
#include "etch/base/processor.hpp"
#include "etch/io/new_file.hpp"
#include "peak.hpp"

using namespace etch::peers;

namespace {

struct Options {
  std::string filter;
  int rounds = 15;
  std::filesystem::path json;
};

/// The program's exit code if there is nothing more to do.
std::optional<int> read_command_line(int argc, char** argv, Options& options) {
  CLI::App line("Others' libraries beside etch, on one thread.", "bench_peers");
  line.add_option("--filter", options.filter,
                  "Measure only what has this in its name, such as lenet5/0_conv2d/forward");
  line.add_option("--rounds", options.rounds, "Quiet rounds to take the median of")
      ->check(CLI::Range(1, 10'000))
      ->capture_default_str();
  line.add_option("--json", options.json, "Write the results to this file, too")->type_name("FILE");
  try {
    line.parse(argc, argv);
    return std::nullopt;
  } catch (const CLI::ParseError& stop) {
    if (stop.get_exit_code() == 0) return line.exit(stop);
    fmt::print(stderr, "etch: command line: {}; see bench_peers --help\n", stop.what());
    return 2;
  }
}

/// Starts the program anew where the environment is not yet what the libraries are to see: they
/// read it when they are loaded, before main.
void set_environment(char** argv, const Peers& peers) {
  std::vector<std::pair<std::string, std::string>> wanted{{"OMP_NUM_THREADS", "1"}};
  for (const auto& peer : peers.present) {
    for (auto& variable : peer->environment()) wanted.push_back(std::move(variable));
  }
  bool changed = false;
  for (const auto& [name, value] : wanted) {
    const char* const now = std::getenv(name.c_str());
    if (now != nullptr && now == value) continue;
    setenv(name.c_str(), value.c_str(), 1);
    changed = true;
  }
  if (changed) execv("/proc/self/exe", argv);
}

void run(const Options& options, Peers& peers) {
  const std::vector<Model> all = models();
  Versions versions{{"etch", all.front().etch->version()}};
  for (const auto& peer : peers.present) versions.emplace_back(peer->name(), peer->version());
  for (const std::string& name : peers.absent) versions.emplace_back(name, "absent");
  for (const auto& [name, version] : versions) fmt::print("{} {}\n", name, version);
  fmt::print("\n{}\n", table_head(versions));

  if (!options.json.empty()) etch::detail::check_writable(options.json);  // not only at the end
  const Machine machine{.cpu = etch::processor_name(), .target = simd_target()};
  std::vector<Row> rows;
  const Comparison comparison{options.filter, options.rounds, peers, [&](Row row) {
                                fmt::print("{}\n", table_line(row, versions));
                                std::fflush(stdout);
                                rows.push_back(std::move(row));
                              }};
  for (const Model& model : all) compare_layers(model, comparison);
  for (const Model& model : all) compare_step(model, comparison);
  for (const Model& model : all) compare_inference(model, comparison);
  if (rows.empty()) {
    throw etch::Error("--filter", "requires a part of some measurement's name, " + options.filter +
                                      " came; leave it out to see them all");
  }
  if (!options.json.empty()) write_json(options.json, machine, versions, rows);
}

}  // namespace

int main(int argc, char** argv) try {
  const etch::FlushDenormals flush;  // for all alike: etch's own training does so
  Options options;
  if (const auto done = read_command_line(argc, argv, options)) return *done;
  Peers all = peers();
  set_environment(argv, all);
  run(options, all);
} catch (const std::exception& error) {
  fmt::print(stderr, "etch: {}\n", error.what());
  return 1;
}
