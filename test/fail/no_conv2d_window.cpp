// etch: Conv2D<Filters, Kernel>: requires a window of at least 1 pixel, a smaller one came
// shows: has_window<0, Conv2D<6, 0 ... Shape<28, 28, 1>>
#include <etch/etch.hpp>

using namespace etch;

#ifdef ETCH_FIXED
using Net = Network<Input<28, 28, 1>, Conv2D<6, 1>, ReLU, Dense<10>>;
#else
using Net = Network<Input<28, 28, 1>, Conv2D<6, 0>, ReLU, Dense<10>>;
#endif

int main() {
  Model<Net> model;
  Trainer<Net, 16> trainer(model, {.learning_rate = 0.1f});
  trainer.step({});
  return evaluate(model, {}).accuracy > 0;
}
