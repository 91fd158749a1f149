// All that a newcomer writes to measure a network of their own.
#include <benchmark/benchmark.h>

#include <etch/bench/layers.hpp>

using Net = etch::Network<etch::Input<32, 32, 3>,                               //
                          etch::Conv2D<8, 3>, etch::ReLU, etch::MaxPool2D<2>,   //
                          etch::Conv2D<16, 3>, etch::ReLU, etch::MaxPool2D<2>,  //
                          etch::Dense<64>, etch::ReLU,                          //
                          etch::Dense<10>>;

const int benchmarks = etch::bench::register_layers<Net, 32>("newcomer");

BENCHMARK_MAIN();
