#ifndef ETCH_BENCH_PEERS_COMPARE_HPP
#define ETCH_BENCH_PEERS_COMPARE_HPP

#include <functional>
#include <string>

#include "peer.hpp"
#include "report.hpp"

namespace etch::peers {

/// What to measure, and where the results go.
struct Comparison {
  std::string filter;  // what the name of a measurement must contain: "lenet5/0_conv2d/forward"
  int rounds;
  Peers& peers;
  std::function<void(Row)> found;
};

/// Every pass of every layer that a training step runs. Throws Error where a peer's result is
/// another than etch's.
void compare_layers(const Model& model, const Comparison& comparison);

/// Whole training steps of SGD, and inference: of batches, and the latency of one picture. The same
/// errors.
void compare_step(const Model& model, const Comparison& comparison);
void compare_inference(const Model& model, const Comparison& comparison);

}  // namespace etch::peers

#endif
