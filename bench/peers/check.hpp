#ifndef ETCH_BENCH_PEERS_CHECK_HPP
#define ETCH_BENCH_PEERS_CHECK_HPP

#include <string>
#include <vector>

namespace etch::peers {

/// Throws Error, which names `what` was computed and by whom, unless both agree: no element differs
/// by more than `tolerance` times the largest.
void check_agreement(const std::string& what, const std::string& peer,
                     const std::vector<float>& own, const std::vector<float>& other,
                     float tolerance = 1e-4f);

}  // namespace etch::peers

#endif
