// What networks are executed as, checked by the compiler: it compiles or it fails.
#include "networks.hpp"

namespace etch {
namespace {

// Behind a convolution a ReLU waits for the pooling, and keeps the index that it is written with.

static_assert(std::is_same_v<LeNet5::Executed,
                             meta::mp_list<LeNet5::step<0>,                                   //
                                           LeNet5::step<2>, Step<1, ReLU, Shape<14, 14, 6>>,  //
                                           LeNet5::step<3>,                                   //
                                           LeNet5::step<5>, Step<4, ReLU, Shape<5, 5, 16>>,   //
                                           LeNet5::step<6>, LeNet5::step<7>, LeNet5::step<8>,
                                           LeNet5::step<9>, LeNet5::step<10>, LeNet5::step<11>>>);

// Several wait together, for several, and stay in order.

using Many = Network<Input<9, 9, 3>, ReLU, ReLU, MaxPool2D<2>, MaxPool2D<2>, Dense<2>>;
static_assert(
    std::is_same_v<Many::Executed, meta::mp_list<Step<2, MaxPool2D<2>, Shape<9, 9, 3>>,
                                                 Step<3, MaxPool2D<2>, Shape<4, 4, 3>>,
                                                 Step<0, ReLU, Shape<2, 2, 3>>,
                                                 Step<1, ReLU, Shape<2, 2, 3>>, Many::step<4>>>);

// What does not say that it may wait does not: dropout, which draws for each element it is given.

using Dropped = Network<Input<8, 8, 1>, Conv2D<2, 3>, ReLU, Dropout<>, MaxPool2D<2>, Dense<2>>;
static_assert(std::is_same_v<Dropped::Executed, Dropped::Steps>);
static_assert(std::is_same_v<Strided::Executed, Strided::Steps>);
static_assert(std::is_same_v<PooledFirst::Executed, PooledFirst::Steps>);

}  // namespace
}  // namespace etch
