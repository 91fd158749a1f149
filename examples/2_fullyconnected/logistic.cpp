// Assignment 2: logistic regression.
#include "etch/app/assignment.hpp"

using namespace etch;

using Logistic = Network<Input<784>, Dense<10>>;

static_assert(Logistic::parameters == 7'850);

int main(int argc, char** argv) {
  const app::Settings settings{
      .name = "logistic",
      .about = "Logistic regression on notMNIST's letters: assignment 2 of the TensorFlow course.",
      .steps = 3'001,
      .eval_every = 500,
      .learning_rate = 0.5f,
      .initializer = {.stddev = 1.0f},
  };
  return app::assignment<Logistic, 128>(argc, argv, settings);
}
