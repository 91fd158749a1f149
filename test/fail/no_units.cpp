// etch: Dense<Units>: requires at least 1 unit, fewer came
// shows: has_units<2, Dense<0>, Shape<100>>
#include <etch/etch.hpp>

using namespace etch;

#ifdef ETCH_FIXED
using Net = Network<Input<28, 28, 1>, Dense<100>, ReLU, Dense<10>>;
#else
using Net = Network<Input<28, 28, 1>, Dense<100>, ReLU, Dense<0>>;
#endif

int main() {
  Model<Net> model;
  Trainer<Net, 16> trainer(model, {.learning_rate = 0.1f});
  trainer.step({});
  return evaluate(model, {}).accuracy > 0;
}
