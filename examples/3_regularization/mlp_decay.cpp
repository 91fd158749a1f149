// Assignment 3, problem 4: dropout, and a learning rate that decays.
#include "etch/app/assignment.hpp"

using namespace etch;

using MLP = Network<Input<784>, Dense<1024>, ReLU, Dropout<0.5f>, Dense<10>>;

static_assert(MLP::parameters == 814'090);

int main(int argc, char** argv) {
  const app::Settings settings{
      .name = "mlp_decay",
      .about =
          "One hidden layer on notMNIST's letters, with dropout and a learning rate that decays: "
          "assignment 3, problem 4 of the TensorFlow course.",
      .steps = 3'001,
      .eval_every = 500,
      .learning_rate = exponential_decay(0.5f, 1'000, 0.9f),
      .initializer = {.stddev = 1.0f},
  };
  return app::assignment<MLP, 128>(argc, argv, settings);
}
