// A pooled ReLU does what it would do alone.

#include <cmath>
#include <limits>
#include <vector>

#include "train/rewritten.hpp"

using namespace etch;
using namespace etch::test;

namespace {

using Pooled = Network<Input<14, 13, 2>, ReLU, MaxPool2D<2, 1>,     // before any parameter
                       Conv2D<7, 3>, ReLU, ReLU, MaxPool2D<3, 2>,   // windows that overlap
                       Conv2D<16, 3>, ReLU, MaxPool2D<3, 2, Same>,  // and that hang over
                       MaxPool2D<2, 1, Same>, Dropout<0.25f>,       // its ReLU with it
                       ReLU, Dropout<>, MaxPool2D<2>, Dense<10>>;   // and alone, before a pooling
static_assert(!std::is_same_v<Unabsorbed<Pooled>::Executed, Pooled::Steps>);

}  // namespace

TEST_CASE("A pooled network has the bits of the network as written") {
  compare_with_written<Pooled>();
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
