// A network that pools before its ReLU, whatever the order in which it is written; and a second
// translation unit with benchmarks.
#include <etch/bench/layers.hpp>

using namespace etch;

struct Rewritten : Network<Input<8, 8, 1>, Conv2D<4, 3>, ReLU, MaxPool2D<2>, Dense<10>> {
  using Executed = meta::mp_list<step<0>, Step<2, MaxPool2D<2>, Shape<8, 8, 4>>,
                                 Step<1, ReLU, Shape<4, 4, 4>>, step<3>>;
};

const int rewritten = bench::register_layers<Rewritten, 8, Momentum>("rewritten_net");
