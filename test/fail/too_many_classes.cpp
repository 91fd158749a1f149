// etch: Trainer: requires at most 256 outputs, because labels are bytes, more came
// shows: has_label_for_each<Network<Input<8>, Dense<300>>, Shape<300>>
#include <etch/etch.hpp>

using namespace etch;

#ifdef ETCH_FIXED
using Net = Network<Input<8>, Dense<256>>;
#else
using Net = Network<Input<8>, Dense<300>>;
#endif

int main() {
  Model<Net> model;
  Trainer<Net, 16> trainer(model, {.learning_rate = 0.1f});
  trainer.step({});
  return evaluate(model, {}).accuracy > 0;
}
