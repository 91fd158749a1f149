#include "laws/layer_laws.hpp"

using namespace etch;
using etch::test::layer_laws;

namespace {

/// Pixels of the second sample are few numbers, of which many are equal.
template <class Layer, class In>
void gradients_go_to_the_first_largest() {
  using Out = typename Layer::template Output<In>;
  constexpr Window rows = Layer::template rows<In>, columns = Layer::template columns<In>;
  test::on_every_target(
      test::subject<Layer, In>(), 2, [&](test::Bench& bench, simd::Target target) {
        for (std::size_t i = In::stride; i < bench.x.size(); ++i)
          bench.x[i] = std::round(bench.x[i]);
        std::vector<float> expected(bench.dx.size());
        const float* x = bench.x.data();
        for (int n = 0; n < 2; ++n) {
          for (int y = 0; y < Out::size; ++y) {
            const int oy = y / Out::channels / Out::width, ox = y / Out::channels % Out::width;
            std::ptrdiff_t first = -1;
            for (int iy = rows.first(oy); iy < rows.end(oy); ++iy) {
              for (int ix = columns.first(ox); ix < columns.end(ox); ++ix) {
                const std::ptrdiff_t i = n * In::stride +
                                         ((oy * rows.stride - rows.before + iy) * In::width +
                                          ox * columns.stride - columns.before + ix) *
                                             In::channels +
                                         y % Out::channels;
                if (first < 0 || x[i] > x[first]) first = i;
              }
            }
            expected.data()[first] += bench.dy.data()[n * Out::stride + y];
          }
        }
        bench.forward(target);
        bench.data_gradient(target);
        double worst = 0;
        for (std::size_t i = 0; i < expected.size(); ++i) {
          worst = std::max(worst, test::apart(bench.dx[i], expected[i]));
        }
        CHECK(worst < 1e-6);
      });
}

}  // namespace

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
  layer_laws<MaxPool2D<17>, Shape<34, 20, 3>>(2);
  layer_laws<MaxPool2D<2>, Shape<5, 34, 16>>(2);  // several windows together, and a rest of them
  layer_laws<MaxPool2D<3, 2>, Shape<7, 19, 32>>(2);
  layer_laws<MaxPool2D<2, 3>, Shape<8, 20, 8>>(2);
}

TEST_CASE("MaxPool2D gives the gradient of equal pixels to the first") {
  const auto pool = test::subject<MaxPool2D<2>, Shape<2, 2, 1>>();
  test::on_every_target(pool, 1, [](test::Bench& bench, simd::Target target) {
    std::fill_n(bench.x.begin(), 4, 0.5f);
    bench.forward(target);
    bench.data_gradient(target);
    CHECK(bench.dx[0] == bench.dy[0]);
    CHECK((bench.dx[1] == 0 && bench.dx[2] == 0 && bench.dx[3] == 0));
  });
}

TEST_CASE("MaxPool2D selects the largest number, unless the first pixel is none") {
  const float nan = std::nanf("");
  struct Case {
    float pixels[4], largest;
    int selected;
  };
  const auto pool = test::subject<MaxPool2D<2>, Shape<2, 2, 1>>();
  test::on_every_target(pool, 1, [&](test::Bench& bench, simd::Target target) {
    for (const auto& [pixels, largest, selected] :
         {Case{{3, nan, 1, 2}, 3, 0}, Case{{1, 2, 3, nan}, 3, 2}, Case{{-3, nan, nan, -2}, -2, 3},
          Case{{nan, 1, 2, 3}, nan, -1}, Case{{nan, nan, nan, nan}, nan, -1}}) {
      for (bool trains : {false, true}) {
        std::copy_n(pixels, 4, bench.x.begin());
        bench.context.training = trains;
        bench.forward(target);
        CHECK((bench.y[0] == largest || (std::isnan(bench.y[0]) && std::isnan(largest))));
        if (!trains || std::isnan(largest)) continue;
        bench.data_gradient(target);
        for (int i = 0; i < 4; ++i) {
          CHECK(bench.dx.data()[i] == (i == selected ? bench.dy[0] : 0));
        }
      }
    }
  });
}

TEST_CASE("MaxPool2D gives each gradient to the first of the largest pixels, and to no other") {
  gradients_go_to_the_first_largest<MaxPool2D<2>, Shape<8, 6, 4>>();
  gradients_go_to_the_first_largest<MaxPool2D<2>, Shape<8, 6, 8>>();
  gradients_go_to_the_first_largest<MaxPool2D<2>, Shape<7, 9, 21>>();
  gradients_go_to_the_first_largest<MaxPool2D<3, 2, Same>, Shape<9, 8, 7>>();
  gradients_go_to_the_first_largest<MaxPool2D<3, 1, Same>, Shape<5, 6, 16>>();
  gradients_go_to_the_first_largest<MaxPool2D<2>, Shape<5, 34, 16>>();
  gradients_go_to_the_first_largest<MaxPool2D<3, 2>, Shape<7, 19, 32>>();
  gradients_go_to_the_first_largest<MaxPool2D<3, 2>, Shape<7, 19, 8>>();
  gradients_go_to_the_first_largest<MaxPool2D<2, 3>, Shape<8, 20, 16>>();
  gradients_go_to_the_first_largest<MaxPool2D<16>, Shape<32, 16, 5>>();  // numbers up to 255
  gradients_go_to_the_first_largest<MaxPool2D<17>, Shape<34, 20, 3>>();  // and beyond a byte
}

TEST_CASE("MaxPool2D's output does not depend on whether anything is saved") {
  const auto pool = test::subject<MaxPool2D<3, 2, Same>, Shape<9, 8, 6>>();
  test::on_every_target(pool, 3, [&](test::Bench& saving, simd::Target target) {
    test::Bench alone(pool, 3);
    alone.context.saved = nullptr;
    saving.forward(target);
    alone.forward(target);
    CHECK(alone.y == saving.y);
  });
}

TEST_CASE("ReLU obeys the laws") {
  layer_laws<ReLU, Shape<28, 28, 6>>(3);
  layer_laws<ReLU, Shape<37>>();
}

TEST_CASE("ReLU passes no gradient at zero, as TensorFlow's") {
  const auto relu = test::subject<ReLU, Shape<3>>();
  test::on_every_target(relu, 1, [](test::Bench& bench, simd::Target target) {
    bench.x[0] = 1;
    bench.x[1] = 0;
    bench.forward(target);
    bench.data_gradient(target);
    CHECK(bench.dx[0] == bench.dy[0]);
    CHECK(bench.dx[1] == 0);
  });
}

TEST_CASE("Dropout obeys the laws") {
  layer_laws<Dropout<0.5f>, Shape<1024>>();
  layer_laws<Dropout<0.25f>, Shape<37>>();
  layer_laws<Dropout<0.3f>, Shape<100>>();
  layer_laws<Dropout<0.0f>, Shape<5>>();
}

TEST_CASE("Dropout keeps its share, and everything where nobody trains") {
  const auto dropout = test::subject<Dropout<0.3f>, Shape<1000>>();
  test::on_every_target(dropout, 10, [](test::Bench& bench, simd::Target target) {
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
  });
}
