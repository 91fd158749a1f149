// etch: Network: requires layers after its input, another type came
// shows: is_layer<1, Relu, Shape<100>>
#include <etch/etch.hpp>

using namespace etch;

struct Relu {};

#ifdef ETCH_FIXED
using Net = Network<Input<784>, Dense<100>, ReLU, Dense<10>>;
#else
using Net = Network<Input<784>, Dense<100>, Relu, Dense<10>>;
#endif

int main() {
  Model<Net> model;
  Trainer<Net, 16> trainer(model, {.learning_rate = 0.1f});
  trainer.step({});
  return evaluate(model, {}).accuracy > 0;
}
