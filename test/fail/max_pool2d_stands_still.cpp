// etch: MaxPool2D<Size, Stride>: requires a stride of at least 1, a smaller one came
// shows: moves<1, MaxPool2D<2, -1 ... Shape<28, 28, 6>>
#include <etch/etch.hpp>

using namespace etch;

#ifdef ETCH_FIXED
using Net = Network<Input<28, 28, 1>, Conv2D<6, 5>, MaxPool2D<2, 1>, ReLU, Dense<10>>;
#else
using Net = Network<Input<28, 28, 1>, Conv2D<6, 5>, MaxPool2D<2, -1>, ReLU, Dense<10>>;
#endif

int main() {
  Model<Net> model;
  Trainer<Net, 16> trainer(model, {.learning_rate = 0.1f});
  trainer.step({});
  return evaluate(model, {}).accuracy > 0;
}
