// A network that pools before its ReLU, though it is written the other way; and a second
// translation unit with benchmarks.
#include <etch/bench/layers.hpp>

using namespace etch;

using Rewritten = Network<Input<8, 8, 1>, Conv2D<4, 3>, ReLU, MaxPool2D<2>, Dense<10>>;

const int rewritten_benchmarks = bench::register_layers<Rewritten, 8, Momentum>("rewritten_net");
