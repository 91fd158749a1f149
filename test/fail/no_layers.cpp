// etch: Network: requires at least one layer after its input, none came
// shows: has_layers<>
#include <etch/etch.hpp>

using namespace etch;

#ifdef ETCH_FIXED
using Net = Network<Input<28, 28, 1>, Dense<10>>;
#else
using Net = Network<Input<28, 28, 1>>;
#endif

int main() {
  Model<Net> model;
  Trainer<Net, 16> trainer(model, {.learning_rate = 0.1f});
  trainer.step({});
  return evaluate(model, {}).accuracy > 0;
}
