// etch: Network: requires the index of a layer, counted from 0 after the input, a larger one came
// shows: has_layer<3, Network<Input<28, 28, 1>, Dense<100>, ReLU, Dense<10>>>
#include <etch/etch.hpp>

using namespace etch;

using Net = Network<Input<28, 28, 1>, Dense<100>, ReLU, Dense<10>>;

int main() {
  const Model<Net> model;
#ifdef ETCH_FIXED
  return model.get<2>("kernel").empty();
#else
  return model.get<3>("kernel").empty();
#endif
}
