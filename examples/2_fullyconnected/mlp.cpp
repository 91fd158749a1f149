// Assignment 2: one hidden layer.
#include "etch/app/assignment.hpp"

using namespace etch;

using MLP = Network<Input<784>, Dense<1024>, ReLU, Dense<10>>;

static_assert(MLP::parameters == 814'090);

int main(int argc, char** argv) {
  const app::Settings settings{
      .name = "mlp",
      .about = "One hidden layer on notMNIST's letters: assignment 2 of the TensorFlow course.",
      .steps = 3'001,
      .eval_every = 500,
      .learning_rate = 0.5f,
      .initializer = {.stddev = 1.0f},
  };
  return app::assignment<MLP, 128>(argc, argv, settings);
}
