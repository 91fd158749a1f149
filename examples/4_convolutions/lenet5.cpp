// Assignment 4, problem 2: LeNet-5, with dropout and a learning rate that decays.
#include "etch/app/assignment.hpp"

using namespace etch;

using LeNet5 = Network<Input<28, 28, 1>,                          //
                       Conv2D<6, 5>, ReLU, MaxPool2D<2>,          //
                       Conv2D<16, 5, Valid>, ReLU, MaxPool2D<2>,  //
                       Dense<120>, ReLU, Dropout<0.5f>,           //
                       Dense<84>, ReLU,                           //
                       Dense<10>>;

static_assert(LeNet5::parameters == 61'706);

int main(int argc, char** argv) {
  const app::Settings settings{
      .name = "lenet5",
      .about =
          "LeNet-5 on notMNIST's letters, with dropout and a learning rate that decays: assignment "
          "4, problem 2 of the TensorFlow course.",
      .steps = 5'001,
      .eval_every = 500,
      .learning_rate = exponential_decay(0.05f, 1'000, 0.8f),
  };
  return app::assignment<LeNet5, 64>(argc, argv, settings);
}
