// A network that is executed as its rewrite does what it would do as it is written.

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "train/samples.hpp"

using namespace etch;
using namespace etch::test;

namespace {

/// The network `Net` without any rewrite.
template <class Net>
struct AsWritten : Net {
  using Executed = typename Net::Steps;
};

using Pooled = Network<Input<14, 13, 2>, ReLU, MaxPool2D<2, 1>,     // before any parameter
                       Conv2D<7, 3>, ReLU, ReLU, MaxPool2D<3, 2>,   // windows that overlap
                       Conv2D<16, 3>, ReLU, MaxPool2D<3, 2, Same>,  // and that hang over
                       MaxPool2D<2, 1, Same>, Dropout<0.25f>, Dense<10>>;
static_assert(!std::is_same_v<Pooled::Executed, Pooled::Steps>);

/// Every kernel with a ReLU in its store of the output, and of its input's gradient.
using Rectified =
    Network<Input<14, 14, 1>, Conv2D<6, 5>, ReLU, Conv2D<20, 3>, ReLU,  // narrow, then wide
            Conv2D<7, 3, Valid, 2>, ReLU, MaxPool2D<2>, Dropout<0.25f>, Dense<40>, ReLU,
            Dropout<0.5f>, Dense<5>, ReLU, Dense<33>, ReLU,  // of fewer inputs than a vector
            Dense<24>, ReLU, Dense<10>>;
static_assert(executed_size<Rectified> == Rectified::size - 7);

bool same_bits(std::span<const float> a, std::span<const float> b) {
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

}  // namespace

TEST_CASE("Outputs, gradients and trained parameters have the bits of the network as written") {
  const auto compare = []<class Net>() {
    const auto rewritten = results<Net>(), written = results<AsWritten<Net>>();
    for (std::size_t i = 0; i < written.size(); ++i) {
      INFO("result " << i);
      CHECK(same_bits(rewritten[i], written[i]));
    }
    CHECK(std::any_of(written[1].begin(), written[1].end(), [](float g) { return g != 0; }));
  };
  on_every_target([&] {
    compare.operator()<Pooled>();
    compare.operator()<Rectified>();
  });
}

TEST_CASE("A pooled ReLU passes NaN on as before, and equal numbers") {
  using Net = Network<Input<8, 8, 3>, ReLU, MaxPool2D<2>>;
  constexpr float nan = std::numeric_limits<float>::quiet_NaN();
  constexpr float inf = std::numeric_limits<float>::infinity();
  constexpr std::array values{nan, -1.0f, -0.0f, 0.0f, 1.0f, inf, -inf};
  std::vector<float> pictures(50 * Net::Input::size);
  const RandomStream stream{11, Purpose::shuffle, 0, 0};
  for (std::uint32_t i = 0; i < pictures.size(); ++i) {
    pictures[i] = values[below(values.size(), stream.word(i))];
  }
  on_every_target([&] {
    const auto outputs = [&]<class N>(Workspace<N, 50>&& workspace) {
      Model<N>().infer(Pictures(pictures, N::Input::size), 0, 50, workspace);
      return std::vector<float>(workspace.output(0), workspace.output(50));
    };
    const auto rewritten = outputs(Workspace<Net, 50>());
    const auto written = outputs(Workspace<AsWritten<Net>, 50>());
    long nans = 0;
    for (std::size_t i = 0; i < written.size(); ++i) {
      nans += std::isnan(written[i]);
      const bool equal = written[i] == rewritten[i];  // zeros of either sign too
      REQUIRE((equal || (std::isnan(written[i]) && std::isnan(rewritten[i]))));
    }
    CHECK(nans > 0);
  });
}
