// etch: network: requires a Network, another type came
// shows: is_network<Model<Network<Input<784>, Dense<10>>>>
#include <etch/etch.hpp>

using namespace etch;

using Net = Network<Input<784>, Dense<10>>;

int main() {
  Model<Net> model;
#ifdef ETCH_FIXED
  Trainer<Net, 16> trainer(model, {.learning_rate = 0.1f});
#else
  Trainer<Model<Net>, 16> trainer(model, {.learning_rate = 0.1f});
#endif
  trainer.step({});
}
