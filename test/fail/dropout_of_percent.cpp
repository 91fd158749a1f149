// etch: Dropout<Rate>: requires a rate from 0 to below 1, another came
// shows: keeps_some<2, Dropout<50>, Shape<100>>
#include <etch/etch.hpp>

using namespace etch;

#ifdef ETCH_FIXED
using Drop = Dropout<0.5>;
#else
using Drop = Dropout<50>;
#endif

using Net = Network<Input<28, 28, 1>, Dense<100>, ReLU, Drop, Dense<10>>;

int main() {
  Model<Net> model;
  Trainer<Net, 16> trainer(model, {.learning_rate = 0.1f});
  trainer.step({});
  return evaluate(model, {}).accuracy > 0;
}
