// etch: Trainer<Net, Batch, Optimizer>: requires an optimiser, another type came
// shows: is_optimizer<float>
#include <etch/etch.hpp>

using namespace etch;

#ifdef ETCH_FIXED
using Optimizer = Momentum;
#else
using Optimizer = float;
#endif

using Net = Network<Input<784>, Dense<10>>;

static_assert(Net::training_bytes<16, Optimizer> > 0);

int main() {
  Model<Net> model;
  Trainer<Net, 16, Optimizer> trainer(model, {.learning_rate = 0.1f});
  trainer.step({});
}
