// Layers of many shapes on their own, 16 or 64 samples at a time: where kernels are good, and where
// they are not.
//
//   meson compile -C build bench_grid
//   build/bench/bench_grid --benchmark_filter=conv2d/3x3 --benchmark_counters_tabular=true

#include <string>

#include "etch/bench/layers.hpp"

using namespace etch;

namespace {

/// "conv2d/3x3/28x28x16_to_32".
template <int Filters, int Kernel, class In, class Padding = Same, int Stride = 1>
void conv2d() {
  const auto text = [](int number) { return std::to_string(number); };
  std::string name = "conv2d/" + text(Kernel) + "x" + text(Kernel) + "/" + text(In::height) + "x" +
                     text(In::width) + "x" + text(In::channels) + "_to_" + text(Filters);
  if (Stride > 1) name += "/stride_" + text(Stride);
  if (!Padding::pads) name += "/valid";
  bench::register_layer<Conv2D<Filters, Kernel, Padding, Stride>, In, 16>(name);
}

/// "dense/784_to_10".
template <int Units, int Inputs>
void dense() {
  bench::register_layer<Dense<Units>, Shape<Inputs>, 64>("dense/" + std::to_string(Inputs) +
                                                         "_to_" + std::to_string(Units));
}

void register_convolutions() {
  // As wide as they come: few channels on large pictures, many on small ones.
  conv2d<8, 3, Shape<64, 64, 1>>();
  conv2d<8, 3, Shape<64, 64, 3>>();
  conv2d<16, 3, Shape<64, 64, 8>>();
  conv2d<16, 3, Shape<28, 28, 16>>();
  conv2d<32, 3, Shape<28, 28, 16>>();
  conv2d<64, 3, Shape<28, 28, 64>>();
  conv2d<64, 3, Shape<14, 14, 64>>();
  conv2d<128, 3, Shape<14, 14, 128>>();
  conv2d<256, 3, Shape<7, 7, 256>>();
  // Of one pixel: a dense layer for each.
  conv2d<16, 1, Shape<64, 64, 8>>();
  conv2d<32, 1, Shape<28, 28, 32>>();
  conv2d<64, 1, Shape<14, 14, 256>>();
  conv2d<256, 1, Shape<14, 14, 64>>();
  conv2d<256, 1, Shape<7, 7, 256>>();
  conv2d<8, 5, Shape<28, 28, 1>>();
  conv2d<16, 5, Shape<28, 28, 8>>();
  conv2d<32, 5, Shape<14, 14, 32>>();
  conv2d<64, 5, Shape<7, 7, 64>>();
  // Strides, and no padding.
  conv2d<16, 5, Shape<28, 28, 1>, Same, 2>();
  conv2d<32, 3, Shape<28, 28, 32>, Same, 2>();
  conv2d<64, 3, Shape<14, 14, 64>, Same, 2>();
  conv2d<16, 5, Shape<14, 14, 6>, Valid>();
  conv2d<64, 3, Shape<14, 14, 64>, Valid>();
  // What no vector divides.
  conv2d<13, 3, Shape<28, 28, 16>>();
  conv2d<16, 3, Shape<28, 28, 13>>();
  conv2d<13, 5, Shape<27, 29, 5>>();
  conv2d<37, 1, Shape<13, 13, 19>>();
}

void register_dense() {
  dense<32, 32>();
  dense<64, 784>();
  dense<128, 128>();
  dense<1024, 784>();
  dense<512, 512>();
  dense<1024, 1024>();
  dense<4096, 1024>();
  dense<1024, 4096>();
  dense<10, 64>();
  dense<10, 1024>();
  dense<10, 4096>();
  dense<37, 100>();
  dense<100, 37>();
  dense<1, 1000>();
}

}  // namespace

int main(int argc, char** argv) {
  register_convolutions();
  register_dense();
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
}
