// Assignment 4: two convolutions of stride 2, then two dense layers.
#include "etch/app/assignment.hpp"

using namespace etch;

using ConvStrided = Network<Input<28, 28, 1>,              //
                            Conv2D<16, 5, Same, 2>, ReLU,  //
                            Conv2D<16, 5, Same, 2>, ReLU,  //
                            Dense<64>, ReLU,               //
                            Dense<10>>;

static_assert(ConvStrided::parameters == 57'722);

int main(int argc, char** argv) {
  const app::Settings settings{
      .name = "conv_strided",
      .about =
          "A small convolutional network on notMNIST's letters: assignment 4 of the TensorFlow "
          "course.",
      .steps = 1'001,
      .eval_every = 50,
      .learning_rate = 0.05f,
      .initializer = {.stddev = 0.1f, .biases = {0, 1, 1, 1}},
  };
  return app::assignment<ConvStrided, 16>(argc, argv, settings);
}
