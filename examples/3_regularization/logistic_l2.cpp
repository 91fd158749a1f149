// Assignment 3, problem 1: logistic regression with L2 regularisation.
#include "etch/app/assignment.hpp"

using namespace etch;

using LogisticL2 = Network<Input<784>, Dense<10>>;

static_assert(LogisticL2::parameters == 7'850);

int main(int argc, char** argv) {
  const app::Settings settings{
      .name = "logistic_l2",
      .about =
          "Logistic regression on notMNIST's letters, with L2 regularisation: assignment 3, "
          "problem 1 of the TensorFlow course.",
      .steps = 3'001,
      .eval_every = 500,
      .learning_rate = 0.5f,
      .l2 = 0.05f,
      .initializer = {.stddev = 1.0f},
  };
  return app::assignment<LogisticL2, 128>(argc, argv, settings);
}
