// etch: Trainer or Evaluator: requires the model of its own network, another's came
// shows: has_model_of<Network<Input<784>, Dense<100>, ReLU, Dense<10>>, Network<Input<784>,
// Dense<10>>>
#include <etch/etch.hpp>

using namespace etch;

using Net = Network<Input<784>, Dense<100>, ReLU, Dense<10>>;

#ifdef ETCH_FIXED
using Other = Net;
#else
using Other = Network<Input<784>, Dense<10>>;
#endif

int main() {
  Model<Other> model;
  Trainer<Net, 16> trainer(model, {.learning_rate = 0.1f});
  trainer.step({});
  return Evaluator<Net>(model).accuracy({}) > 0;
}
