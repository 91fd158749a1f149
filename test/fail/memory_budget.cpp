// game: the network may use 200 kB
// shows: 542208 <= 200000
#include <etch/etch.hpp>

using namespace etch;

#ifdef ETCH_FIXED
using Net = Network<Input<28, 28, 1>, Conv2D<6, 5, Same, 2>, ReLU, Dense<10>>;
#else
using Net = Network<Input<28, 28, 1>, Conv2D<6, 5, Same, 1>, ReLU, Dense<10>>;
#endif

static_assert(Net::inference_bytes<16> <= 200'000, "game: the network may use 200 kB");

int main() {
  Model<Net> model;
}
