// Assignment 3, problem 1: one hidden layer, with L2 regularisation.
#include "etch/app/assignment.hpp"

using namespace etch;

using MLP = Network<Input<784>, Dense<1024>, ReLU, Dense<10>>;

static_assert(MLP::parameters == 814'090);

int main(int argc, char** argv) {
  const app::Settings settings{
      .name = "mlp_l2",
      .about =
          "One hidden layer on notMNIST's letters, with L2 regularisation: assignment 3, problem 1 "
          "of the TensorFlow course.",
      .steps = 3'001,
      .eval_every = 500,
      .learning_rate = 0.5f,
      .l2 = 0.005f,
      .initializer = {.stddev = 1.0f},
  };
  return app::assignment<MLP, 128>(argc, argv, settings);
}
