// etch: Minibatch: requires labels in an array of std::uint8_t, another type came
// shows: holds_labels<std::vector<int
#include <etch/etch.hpp>

using namespace etch;

#ifdef ETCH_FIXED
using Label = std::uint8_t;
#else
using Label = int;
#endif

int main() {
  const std::vector<float> values(784);
  const std::vector<Label> labels(1);
  Model<Network<Input<784>, Dense<10>>> model;
  return evaluate(model, {Pictures(values, 784), labels}).accuracy > 0;
}
