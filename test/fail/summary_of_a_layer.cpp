// etch: network: requires a Network, another type came
// shows: is_network<Dense<10>>
#include <etch/etch.hpp>

using namespace etch;

#ifdef ETCH_FIXED
using Net = Network<Input<784>, Dense<10>>;
#else
using Net = Dense<10>;
#endif

int main() {
  return (summary<Net>() + memory_summary<Net, 16, SGD>()).empty();
}
