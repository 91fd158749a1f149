// etch: MaxPool2D<Size, Stride, Valid>: requires a window no larger than its input
// shows: window_fits<2, MaxPool2D<5, 2 ... Shape<4, 4, 6>>
#include <etch/etch.hpp>

using namespace etch;

#ifdef ETCH_FIXED
using Pool = MaxPool2D<5, 2, Same>;
#else
using Pool = MaxPool2D<5, 2>;
#endif

using Net = Network<Input<28, 28, 1>, Conv2D<6, 5, Same, 7>, ReLU, Pool, Dense<10>>;

int main() {
  Model<Net> model;
  Trainer<Net, 16> trainer(model, {.learning_rate = 0.1f});
  trainer.step({});
  return evaluate(model, {}).accuracy > 0;
}
