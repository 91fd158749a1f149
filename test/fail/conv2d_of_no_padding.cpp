// etch: Conv2D<Filters, Kernel, Padding>: requires Same or Valid as its padding, another type came
// shows: has_padding<0, Conv2D<16, 5, ReLU ... Shape<28, 28, 1>>
#include <etch/etch.hpp>

using namespace etch;

#ifdef ETCH_FIXED
using Net = Network<Input<28, 28, 1>, Conv2D<16, 5, Same>, ReLU, Dense<10>>;
#else
using Net = Network<Input<28, 28, 1>, Conv2D<16, 5, ReLU>, Dense<10>>;
#endif

int main() {
  Model<Net> model;
  Trainer<Net, 16> trainer(model, {.learning_rate = 0.1f});
  trainer.step({});
  return evaluate(model, {}).accuracy > 0;
}
