// Gradients of selected pixels alone are those of all.

#include <algorithm>
#include <cmath>
#include <vector>

#include "train/rewritten.hpp"

using namespace etch;
using namespace etch::test;

namespace {

using Selected = Network<Input<16, 15, 1>, Conv2D<16, 5>, ReLU, MaxPool2D<2>, Dropout<0.25f>,
                         Conv2D<7, 3>, ReLU, MaxPool2D<3, 2>,  // windows that overlap
                         Conv2D<9, 2>, MaxPool2D<2, 2>, Dense<10>>;
static_assert(executed_size<Selected> == 4);

/// Where nobody trains pooling happens in registers, of other sums.
using Inferred = Network<Input<16, 16, 1>, Conv2D<16, 5>, ReLU, MaxPool2D<2>,  //
                         Conv2D<16, 3>, ReLU, MaxPool2D<2>, Dense<10>>;
static_assert(Conv2D<16, 3>::winograd<Shape<8, 8, 16>>.better());

/// Of training at a rate at which it is stable.
template <class Net>
void compare_absorbed() {
  on_every_target([] {
    const auto absorbed = results<Net>(), written = results<AsWritten<Net>>();
    CHECK(same_bits(absorbed[0], written[0]));  // inference
    for (std::size_t i = 1; i < written.size(); ++i) {
      INFO("result " << i);
      double worst = 0, largest = 0;
      for (std::size_t j = 0; j < written[i].size(); ++j) {
        const double difference = std::abs(double{absorbed[i][j]} - double{written[i][j]});
        worst = std::isnan(difference) ? INFINITY : std::max(worst, difference);
        largest = std::max(largest, std::abs(double{written[i][j]}));
      }
      CHECK(largest > 0);
      CHECK(worst <= 1e-5 * largest);
    }
    CHECK(same_bits(absorbed[2], written[2]));  // the loss before the first update
  });
}

}  // namespace

TEST_CASE("A network that selects into convolutions has the numbers of the network as written") {
  compare_absorbed<Selected>();
  compare_absorbed<Inferred>();
}
