// Assignment 4, problem 2: the best convolutional network found.
#include "etch/app/assignment.hpp"

using namespace etch;

using ConvBest = Network<Input<28, 28, 1>,                                        //
                         Conv2D<16, 3>, ReLU, Conv2D<16, 3>, ReLU, MaxPool2D<2>,  //
                         Conv2D<32, 3>, ReLU, Conv2D<32, 3>, ReLU, MaxPool2D<2>,  //
                         Dropout<0.3f>, Dense<128>, ReLU,                         //
                         Dropout<0.3f>, Dense<10>>;

static_assert(ConvBest::parameters == 218'490);

int main(int argc, char** argv) {
  const app::Settings settings{
      .name = "conv_best",
      .about =
          "Four 3x3 convolutions on notMNIST's letters, with all that helped: assignment 4, "
          "problem 2 of the TensorFlow course.",
      .steps = 12'001,
      .eval_every = 1'000,
      .learning_rate = one_cycle(0.03f, 12'001),
      .augmentation = {.shift = 1.5f, .slant = 0.15f, .zoom = 0.1f},
  };
  return app::assignment<ConvBest, 64>(argc, argv, settings, Momentum{.nesterov = true});
}
