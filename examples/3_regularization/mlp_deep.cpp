// Assignment 3, problem 4: the best that fully connected layers can do.
#include "etch/app/assignment.hpp"

using namespace etch;

using MLP = Network<Input<28, 28, 1>,                  //
                    Dense<1024>, ReLU, Dropout<0.2f>,  //
                    Dense<512>, ReLU, Dropout<0.2f>,   //
                    Dense<256>, ReLU, Dropout<0.2f>,   //
                    Dense<10>>;

static_assert(MLP::parameters == 1'462'538);

int main(int argc, char** argv) {
  const app::Settings settings{
      .name = "mlp_deep",
      .about =
          "Three hidden layers on notMNIST's letters, with momentum, a one-cycle learning rate, "
          "dropout and pictures that move: assignment 3, problem 4 of the TensorFlow course.",
      .steps = 10'001,
      .eval_every = 1'000,
      .learning_rate = one_cycle(0.1f, 10'001),
      .augmentation = {.shift = 1.5f, .slant = 0.15f, .zoom = 0.1f},
  };
  return app::assignment<MLP, 128>(argc, argv, settings, Momentum{.nesterov = true});
}
