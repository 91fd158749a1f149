// Assignment 4, problem 1: pooling instead of strides.
#include "etch/app/assignment.hpp"

using namespace etch;

using ConvPooled = Network<Input<28, 28, 1>,                   //
                           Conv2D<16, 5>, ReLU, MaxPool2D<2>,  //
                           Conv2D<16, 5>, ReLU, MaxPool2D<2>,  //
                           Dense<64>, ReLU,                    //
                           Dense<10>>;

static_assert(ConvPooled::parameters == 57'722);

int main(int argc, char** argv) {
  const app::Settings settings{
      .name = "conv_pooled",
      .about =
          "Two convolutions with max-pooling on notMNIST's letters: assignment 4, problem 1 of the "
          "TensorFlow course.",
      .steps = 1'001,
      .eval_every = 50,
      .learning_rate = 0.05f,
      .initializer = {.stddev = 0.1f, .biases = {0, 1, 1, 1}},
  };
  return app::assignment<ConvPooled, 16>(argc, argv, settings);
}
