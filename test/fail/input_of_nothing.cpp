// etch: Network: requires Input<height, width, channels> or Input<units>
// shows: is_input<Input<28, 0, 1>>
#include <etch/etch.hpp>

using namespace etch;

#ifdef ETCH_FIXED
using Net = Network<Input<28, 1, 1>, Conv2D<6, 5>, ReLU, Dense<10>>;
#else
using Net = Network<Input<28, 0, 1>, Conv2D<6, 5>, ReLU, Dense<10>>;
#endif

int main() {
  Model<Net> model;
  Trainer<Net, 16> trainer(model, {.learning_rate = 0.1f});
  trainer.step({});
  return evaluate(model, {}).accuracy > 0;
}
