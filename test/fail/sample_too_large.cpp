// etch: Shape: requires fewer than 2^30 values of a sample, more came
// shows: sample_fits<70000, 70000, 1>
#include <etch/etch.hpp>

using namespace etch;

#ifdef ETCH_FIXED
using Net = Network<Input<70, 70, 1>, Dense<2>>;
#else
using Net = Network<Input<70000, 70000, 1>, Dense<2>>;
#endif

int main() { return Net::parameters == 0; }
