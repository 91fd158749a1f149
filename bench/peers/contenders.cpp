#include "contenders.hpp"

#include "check.hpp"

namespace etch::peers {
namespace {

using Runs = std::vector<std::function<void()>>;

Runs runs_of(const std::vector<Contender>& contenders) {
  Runs runs;
  for (const Contender& contender : contenders) runs.push_back(contender.work.run);
  return runs;
}

void complete(const std::vector<Contender>& contenders, const Timing& timing,
              const Comparison& comparison, Row row, int per) {
  for (std::size_t c = 0; c < contenders.size(); ++c) {
    Entry entry{contenders[c].name, {}, {}, contenders[c].work.implementation, {}};
    if (!timing.seconds.empty()) entry.seconds = timing.seconds[c] / per;
    if (!timing.p99.empty()) entry.p99 = timing.p99[c];
    if (const auto& reorder = contenders[c].work.reorder) {
      const Timing other = sample({reorder}, comparison.rounds);
      if (!other.seconds.empty()) entry.reorder_seconds = other.seconds[0];
    }
    row.entries.push_back(std::move(entry));
  }
  row.rounds = timing.rounds;
  row.rejected_rounds = timing.rejected;
  row.peak = timing.peak;
  comparison.found(std::move(row));
}

}  // namespace

std::vector<Contender> agreeing_contenders(const std::string& what, const Model& model,
                                           const Peers& peers,
                                           const std::function<std::optional<Work>(Peer&)>& work_of,
                                           int runs, float tolerance) {
  const auto results_of = [runs](Work& work) {
    std::vector<float> all;
    for (int i = 0; i < runs; ++i) {
      work.run();
      const std::vector<float> result = work.result();
      all.insert(all.end(), result.begin(), result.end());
    }
    return all;
  };
  std::vector<Contender> contenders{{"etch", *work_of(*model.etch)}};
  const std::vector<float> own = results_of(contenders[0].work);
  for (const auto& peer : peers.present) {
    std::optional<Work> work = work_of(*peer);
    if (!work) continue;
    check_agreement(what, peer->name(), own, results_of(*work), tolerance);
    contenders.push_back({peer->name(), *std::move(work)});
  }
  return contenders;
}

void measure(const std::vector<Contender>& contenders, const Comparison& comparison, Row row,
             int per) {
  complete(contenders, sample(runs_of(contenders), comparison.rounds), comparison, std::move(row),
           per);
}

void measure_latency(const std::vector<Contender>& contenders, const Comparison& comparison,
                     Row row) {
  complete(contenders, sample_latency(runs_of(contenders), comparison.rounds), comparison,
           std::move(row), 1);
}

}  // namespace etch::peers
