// etch: Conv2D<Filters, Kernel, Valid>: requires a window no larger than its input
// shows: window_fits<3, Conv2D<16, 5, Valid, 2>, Shape<4, 4, 8>>
#include <etch/etch.hpp>

using namespace etch;

#ifdef ETCH_FIXED
using Deep = Conv2D<16, 3, Valid, 2>;
#else
using Deep = Conv2D<16, 5, Valid, 2>;
#endif

using Net = Network<Input<32, 32, 1>, Conv2D<8, 5>, ReLU, MaxPool2D<8>, Deep, ReLU, Dense<10>>;

int main() {
  Model<Net> model;
  Trainer<Net, 16> trainer(model, {.learning_rate = 0.1f});
  trainer.step({});
  return evaluate(model, {}).accuracy > 0;
}
