// ReLUs in the stores of other layers do what they would do alone.

#include "train/rewritten.hpp"

using namespace etch;
using namespace etch::test;

namespace {

/// Every kernel with a ReLU in its store of the output, most with a dropout, and with both of its
/// input's gradient.
using Rectified =
    Network<Input<14, 14, 1>, Conv2D<6, 5>, ReLU, Dropout<0.1f>,  // narrow
            Conv2D<20, 3>, ReLU, Dropout<0.2f>, Conv2D<7, 3, Valid, 2>, ReLU, MaxPool2D<2>,
            Dropout<0.25f>, Dense<20>, ReLU, Dropout<0.3f>,  // transposed, 8 samples in a vector
            Dense<5>, ReLU, Dropout<0.1f>,                   // and two
            Dense<33>, ReLU, Dropout<0.5f>,                  // of fewer inputs than a vector
            Dense<24>, ReLU, Dense<10>>;
static_assert(executed_size<Unabsorbed<Rectified>> == 9);

/// Gradients lie over the inputs that they belong to, which they do not in the network as written,
/// where ReLU reads those later: of a convolution to few channels and of Dense.
using InPlace = Network<Input<8, 8, 1>, Conv2D<16, 3>, ReLU, MaxPool2D<2>, Conv2D<4, 3>, ReLU,
                        Conv2D<16, 3>, ReLU, Dense<10>>;
static_assert(Conv2D<4, 3>::pairs_gradient<Shape<4, 4, 16>>.better());
static_assert(training_plan<Unabsorbed<InPlace>>.transient <
              training_plan<AsWritten<InPlace>>.transient);

}  // namespace

TEST_CASE("A rectified network has the bits of the network as written") {
  compare_with_written<Rectified>();
}

TEST_CASE("Gradients over inputs have the bits of those beside them") {
  compare_with_written<InPlace>();
}
