// etch: Trainer<Net, Batch>: requires a batch of at least 1 sample, fewer came
// shows: has_samples<Network<Input<784>, Dense<10>>, 0>
#include <etch/etch.hpp>

using namespace etch;

#ifdef ETCH_FIXED
constexpr int batch = 1;
#else
constexpr int batch = 0;
#endif

using Net = Network<Input<784>, Dense<10>>;

int main() {
  Model<Net> model;
  Trainer<Net, batch> trainer(model, {.learning_rate = 0.1f});
  trainer.step({});
  return evaluate(model, {}).accuracy > 0;
}
