// etch: Conv2D: requires a picture of height, width and channels, a vector came
// shows: takes_picture<2, Conv2D<16, 5, Valid, 2>, Shape<100>>
#include <etch/etch.hpp>

using namespace etch;

#ifdef ETCH_FIXED
using Net = Network<Input<28, 28, 1>, Conv2D<16, 5, Valid, 2>, Dense<100>, ReLU, Dense<10>>;
#else
using Net = Network<Input<28, 28, 1>, Dense<100>, ReLU, Conv2D<16, 5, Valid, 2>, Dense<10>>;
#endif

int main() {
  Model<Net> model;
  Trainer<Net, 16> trainer(model, {.learning_rate = 0.1f});
  trainer.step({});
  return evaluate(model, {}).accuracy > 0;
}
