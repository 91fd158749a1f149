#ifndef ETCH_BENCH_PEERS_CONTENDERS_HPP
#define ETCH_BENCH_PEERS_CONTENDERS_HPP

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "compare.hpp"
#include "peer.hpp"
#include "report.hpp"
#include "sample.hpp"

namespace etch::peers {

struct Contender {
  std::string name;
  Work work;
};

/// etch and the peers that have a work, all of which agree when they have run `runs` times: each
/// result, within `tolerance` of etch's largest. Throws Error, which names `what`, where they do
/// not.
std::vector<Contender> agreeing_contenders(const std::string& what, const Model& model,
                                           const Peers& peers,
                                           const std::function<std::optional<Work>(Peer&)>& work_of,
                                           int runs = 1, float tolerance = 1e-4f);

/// Completes `row` by what the contenders took, `per` samples of a row's seconds in one run, and
/// hands it to comparison.found.
void measure(const std::vector<Contender>& contenders, const Comparison& comparison, Row row,
             int per = 1);

/// The same for the latency of single runs.
void measure_latency(const std::vector<Contender>& contenders, const Comparison& comparison,
                     Row row);

}  // namespace etch::peers

#endif
