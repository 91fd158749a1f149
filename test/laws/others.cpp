#include "laws/layer_laws.hpp"

using namespace etch;
using etch::test::layer_laws;

TEST_CASE("MaxPool2D obeys the laws") {
  layer_laws<MaxPool2D<2>, Shape<28, 28, 6>>(2);
  layer_laws<MaxPool2D<2>, Shape<7, 5, 16>>(2);
  layer_laws<MaxPool2D<2>, Shape<6, 4, 13>>(2);
  layer_laws<MaxPool2D<2, 3>, Shape<7, 9, 37>>(2);
  layer_laws<MaxPool2D<3>, Shape<9, 6, 1>>(2);
  layer_laws<MaxPool2D<3, 2>, Shape<9, 9, 20>>(2);
  layer_laws<MaxPool2D<3, 2, Same>, Shape<8, 7, 3>>(2);
  layer_laws<MaxPool2D<2, 3, Same>, Shape<8, 8, 1>>(2);
  layer_laws<MaxPool2D<3, 1, Same>, Shape<5, 5, 17>>(2);
  layer_laws<MaxPool2D<17>, Shape<34, 20, 3>>(2);  // too many pixels to number them by bytes
}

TEST_CASE("MaxPool2D gives the gradient of equal pixels to the first") {
  for (const simd::Target& target : simd::compiled) {
    if (!simd::supports(target)) continue;
    test::Bench<MaxPool2D<2>, Shape<2, 2, 1>> bench(1);
    std::fill_n(bench.x.begin(), 4, 0.5f);
    bench.forward(target);
    bench.data_gradient(target);
    CHECK(bench.dx[0] == bench.dy[0]);
    CHECK((bench.dx[1] == 0 && bench.dx[2] == 0 && bench.dx[3] == 0));
  }
}

TEST_CASE("MaxPool2D's output does not depend on whether anything is saved") {
  for (const simd::Target& target : simd::compiled) {
    if (!simd::supports(target)) continue;
    test::Bench<MaxPool2D<3, 2, Same>, Shape<9, 8, 6>> bench(3);
    bench.forward(target);
    const std::vector<float> saving = bench.y;
    bench.context.saved = nullptr;
    bench.forward(target);
    CHECK(bench.y == saving);
  }
}

TEST_CASE("ReLU obeys the laws") {
  layer_laws<ReLU, Shape<28, 28, 6>>(3);
  layer_laws<ReLU, Shape<37>>();
}

TEST_CASE("ReLU passes no gradient at zero, as TensorFlow's") {
  for (const simd::Target& target : simd::compiled) {
    if (!simd::supports(target)) continue;
    test::Bench<ReLU, Shape<3>> bench(1);
    bench.x[1] = 0;
    bench.data_gradient(target);
    CHECK(bench.dx[1] == 0);
  }
}

TEST_CASE("Dropout obeys the laws") {
  layer_laws<Dropout<0.5f>, Shape<1024>>();
  layer_laws<Dropout<0.25f>, Shape<37>>();
  layer_laws<Dropout<0.3f>, Shape<100>>();
  layer_laws<Dropout<0.0f>, Shape<5>>();
}

TEST_CASE("Dropout keeps its share, and everything where nobody trains") {
  for (const simd::Target& target : simd::compiled) {
    if (!simd::supports(target)) continue;
    test::Bench<Dropout<0.3f>, Shape<1000>> bench(10);
    bench.forward(target);
    const auto dropped = std::count(bench.y.begin(), bench.y.end(), 0.0f) - 10 * 8;  // padding
    CHECK(std::abs(static_cast<double>(dropped) - 3000) < 3 * std::sqrt(10000 * 0.3 * 0.7));
    bench.context.dropout_rate = 0.9f;
    bench.forward(target);
    const auto more = std::count(bench.y.begin(), bench.y.end(), 0.0f) - 10 * 8;
    CHECK(std::abs(static_cast<double>(more) - 9000) < 3 * std::sqrt(10000 * 0.9 * 0.1));
    bench.context.training = false;
    bench.forward(target);
    CHECK(bench.y == bench.x);
  }
}
