// etch: Trainer: requires a network with parameters, one without came
// shows: has_parameters<Network<Input<10>, ReLU>>
#include <etch/etch.hpp>

using namespace etch;

#ifdef ETCH_FIXED
using Net = Network<Input<10>, ReLU, Dense<2>>;
#else
using Net = Network<Input<10>, ReLU>;
#endif

int main() {
  Model<Net> model;
  Trainer<Net, 16> trainer(model, {.learning_rate = 0.1f});
  trainer.step({});
  return evaluate(model, {}).accuracy > 0;
}
