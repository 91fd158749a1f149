// Assignment 3, problem 3: dropout on the hidden layer, in training only.
#include "etch/app/assignment.hpp"

using namespace etch;

using MLP = Network<Input<784>, Dense<1024>, ReLU, Dropout<0.5f>, Dense<10>>;

static_assert(MLP::parameters == 814'090);

int main(int argc, char** argv) {
  const app::Settings settings{
      .name = "mlp_dropout",
      .about =
          "One hidden layer on notMNIST's letters, with dropout: assignment 3, problem 3 of the "
          "TensorFlow course.",
      .steps = 3'001,
      .eval_every = 500,
      .learning_rate = 0.5f,
      .initializer = {.stddev = 1.0f},
  };
  return app::assignment<MLP, 128>(argc, argv, settings);
}
