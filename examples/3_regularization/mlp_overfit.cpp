// Assignment 3, problem 2: 3,000 pictures, which so many parameters learn by heart.
#include "etch/app/assignment.hpp"

using namespace etch;

using MLP = Network<Input<784>, Dense<1024>, ReLU, Dense<10>>;

static_assert(MLP::parameters == 814'090);

int main(int argc, char** argv) {
  const app::Settings settings{
      .name = "mlp_overfit",
      .about =
          "One hidden layer that learns 3,000 of notMNIST's letters by heart: assignment 3, "
          "problem 2 of the TensorFlow course.",
      .steps = 3'001,
      .eval_every = 500,
      .train_size = 3'000,
      .learning_rate = 0.5f,
      .l2 = 0.005f,
      .initializer = {.stddev = 1.0f},
  };
  return app::assignment<MLP, 128>(argc, argv, settings);
}
