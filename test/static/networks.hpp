#ifndef ETCH_TEST_STATIC_NETWORKS_HPP
#define ETCH_TEST_STATIC_NETWORKS_HPP

// Networks that facts are checked of.

#include <etch/etch.hpp>

namespace etch {

using LeNet5 = Network<Input<28, 28, 1>,                          //
                       Conv2D<6, 5>, ReLU, MaxPool2D<2>,          //
                       Conv2D<16, 5, Valid>, ReLU, MaxPool2D<2>,  //
                       Dense<120>, ReLU, Dropout<0.5f>,           //
                       Dense<84>, ReLU,                           //
                       Dense<10>>;
using Strided = Network<Input<28, 28, 1>,              //
                        Conv2D<16, 5, Same, 2>, ReLU,  //
                        Conv2D<16, 5, Same, 2>, ReLU,  //
                        Dense<64>, ReLU, Dense<10>>;
using Logistic = Network<Input<28, 28, 1>, Dense<10>>;
using PooledFirst = Network<Input<9, 7, 3>, MaxPool2D<3, 2, Same>, ReLU, Dense<4>, Dense<2>>;
using Bare = Network<Input<5>, ReLU, Dropout<>>;

}  // namespace etch

#endif
