// etch: Trainer or Evaluator: requires a network that ends in a vector with a number for each class
// shows: ends_in_vector<Network<Input<28, 28, 1>, Conv2D<6 ... ReLU>, Shape<24, 24, 6>>
#include <etch/etch.hpp>

using namespace etch;

#ifdef ETCH_FIXED
using Net = Network<Input<28, 28, 1>, Conv2D<6, 5, Valid>, ReLU, Dense<10>>;
#else
using Net = Network<Input<28, 28, 1>, Conv2D<6, 5, Valid>, ReLU>;
#endif

int main() {
  Model<Net> model;
  Trainer<Net, 16> trainer(model, {.learning_rate = 0.1f});
  trainer.step({});
  return evaluate(model, {}).accuracy > 0;
}
