#ifndef ETCH_TEST_TRAIN_REWRITTEN_HPP
#define ETCH_TEST_TRAIN_REWRITTEN_HPP

// A network beside itself without any rewrite.

#include <algorithm>
#include <cstring>
#include <span>
#include <vector>

#include "train/samples.hpp"

namespace etch::test {

/// The network `Net` without any rewrite.
template <class Net>
struct AsWritten : Net {
  using Executed = typename Net::Steps;
};

/// Without the one rewrite that sums in another order.
template <class Net>
struct Unabsorbed : Net {
  using Executed = rewrite_by<typename Net::Steps, put_before, join_before, fuse_before>;
};

inline bool same_bits(std::span<const float> a, std::span<const float> b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size_bytes()) == 0;
}

/// Output for some samples, then losses, gradients and parameters after steps of training.
template <class Net>
std::vector<std::vector<float>> results() {
  Model<Net> model(Seed{5}, Initializer{.stddev = 0.3f});
  const Samples<Net> samples(16);
  Workspace<Net, 16> workspace;
  model.infer(samples.first(16).pictures, 0, 16, workspace);
  std::vector<std::vector<float>> all{{workspace.output(0), workspace.output(15) + 10}};
  Trainer<Net, 16> trainer(model, {.learning_rate = 0.1f, .l2 = 0.01f});
  for (std::size_t count : {16u, 13u, 1u, 16u}) {
    all.emplace_back(model.parameters().size());
    trainer.compute_gradients(samples.first(count), all.back());
    all.push_back({trainer.step(samples.first(count)).loss});
    all.emplace_back(model.parameters().begin(), model.parameters().end());
  }
  return all;
}

/// Checks that outputs, gradients and trained parameters have the bits of the network as written,
/// by all rewrites but one.
template <class Net>
void compare_with_written() {
  on_every_target([] {
    const auto rewritten = results<Unabsorbed<Net>>(), written = results<AsWritten<Net>>();
    for (std::size_t i = 0; i < written.size(); ++i) {
      INFO("result " << i);
      CHECK(same_bits(rewritten[i], written[i]));
    }
    CHECK(std::any_of(written[1].begin(), written[1].end(), [](float g) { return g != 0; }));
  });
}

}  // namespace etch::test

#endif
