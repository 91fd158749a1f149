// etch: Network: requires fewer than 2^30 floats for the weights of a layer, more came
// shows: variables_fit<0, Dense<16384>, Shape<256, 256, 3>>
#include <etch/etch.hpp>

using namespace etch;

#ifdef ETCH_FIXED
using Net = Network<Input<256, 256, 3>, MaxPool2D<32>, Dense<64>, Dense<2>>;
#else
using Net = Network<Input<256, 256, 3>, Dense<16384>, Dense<2>>;
#endif

int main() { return Net::parameters == 0; }
