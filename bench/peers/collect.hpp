#ifndef ETCH_BENCH_PEERS_COLLECT_HPP
#define ETCH_BENCH_PEERS_COLLECT_HPP

#include "peer.hpp"

namespace etch::peers {

/// What a model's source adds to models().
void collect(Model model);

}  // namespace etch::peers

#endif
