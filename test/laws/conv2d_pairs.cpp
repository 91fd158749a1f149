#include "laws/layer_laws.hpp"

using namespace etch;

namespace {

/// Shapes whose forward pass computes rows of outputs in pairs.
template <class Layer, class In>
void pairs_laws() {
  static_assert(Layer::template pairs<In>.better());
  test::forward_laws<Layer, In>();
}

/// Shapes whose data gradient does so, too.
template <class Layer, class In>
void pairs_gradient_laws() {
  static_assert(Layer::template pairs_gradient<In>.better());
  test::layer_laws<Layer, In>(2);
}

/// What else holds of pairs: of a picture that is zero but for one pixel, or the same everywhere.
template <class Layer, class In>
void outputs_see_their_windows_alone() {
  static_assert(Layer::template pairs<In>.better());
  using Out = typename Layer::template Output<In>;
  constexpr Window rows = Layer::template rows<In>, columns = Layer::template columns<In>;
  const auto each_output = [](const test::Bench& bench, const auto& f) {
    for (int oy = 0; oy < Out::height; ++oy) {
      for (int ox = 0; ox < Out::width; ++ox) {
        for (int filter = 0; filter < Out::channels; ++filter) {
          f(oy, ox, filter,
            bench.y[static_cast<std::size_t>((oy * Out::width + ox) * Out::channels + filter)]);
        }
      }
    }
  };
  test::on_every_target(
      test::forward_subject<Layer, In>(), 1, [&](test::Bench& bench, simd::Target target) {
        std::fill_n(bench.packed[1].data(), bench.packed[1].size(), 0.0f);
        for (int row = 0; row < In::height; ++row) {
          std::fill(bench.x.begin(), bench.x.end(), 0.0f);
          bench.x[static_cast<std::size_t>(row * In::width * In::channels)] = 1;  // the row's first
          bench.forward(target);
          bool zero = true;
          each_output(bench, [&](int oy, int ox, int, float y) {
            const int tap = row - oy * rows.stride + rows.before;
            const bool sees =
                tap >= 0 && tap < rows.size && ox * columns.stride - columns.before <= 0;
            zero &= sees || y == 0;
          });
          CHECK(zero);
        }
        // Plain sums of neighbours, as other targets have them, may add up in another order.
        if (target.id != HWY_AVX3 && target.id != HWY_AVX2) return;
        std::fill(bench.x.begin(), bench.x.end(), 0.7f);
        bench.forward(target);
        std::vector<float> inner(Out::channels);
        bool equal = true;
        each_output(bench, [&](int oy, int ox, int filter, float y) {
          const auto inside = [](const Window& w, int o) {
            return w.first(o) == 0 && w.end(o) == w.size;
          };
          if (!inside(rows, oy) || !inside(columns, ox)) return;
          float& first = inner[static_cast<std::size_t>(filter)];
          if (first == 0) first = y;
          equal &= y == first;
        });
        CHECK(equal);
      });
}

}  // namespace

TEST_CASE("Conv2D obeys the laws where rows of outputs are computed in pairs") {
  pairs_laws<Conv2D<16, 3>, Shape<9, 28, 5>>();             // blocks of columns, a single row
  pairs_laws<Conv2D<13, 7>, Shape<8, 15, 17>>();            // three groups of taps
  pairs_laws<Conv2D<24, 4, Valid>, Shape<9, 12, 16>>();     // taps in twos, filters left over
  pairs_laws<Conv2D<16, 5, Same, 3>, Shape<14, 14, 20>>();  // a tap alone
  pairs_laws<Conv2D<16, 3, Same, 2>, Shape<12, 12, 16>>();
  pairs_laws<Conv2D<32, 5>, Shape<28, 28, 1>>();  // few channels
  pairs_laws<Conv2D<16, 5, Same, 2>, Shape<28, 27, 1>>();
  pairs_laws<Conv2D<16, 3>, Shape<28, 28, 3>>();
  pairs_laws<Conv2D<4, 3, Same, 2>, Shape<12, 12, 16>>();  // few filters
  pairs_laws<Conv2D<8, 3, Same, 2>, Shape<12, 12, 16>>();
}

TEST_CASE("Conv2D obeys the laws where as many taps as pairs have at most are each a group") {
  test::forward_laws<Conv2D<16, 9, Valid, 9>, Shape<27, 18, 3>>();
  test::forward_laws<Conv2D<16, 10, Valid, 10>, Shape<20, 20, 3>>();  // or one more
}

TEST_CASE("Conv2D obeys the laws where data gradients are computed in pairs") {
  pairs_gradient_laws<Conv2D<16, 5>, Shape<14, 8, 16>>();
  pairs_gradient_laws<Conv2D<24, 3, Same, 2>, Shape<13, 12, 20>>();
  pairs_gradient_laws<Conv2D<16, 5, Same, 3>, Shape<14, 14, 20>>();
  pairs_gradient_laws<Conv2D<16, 5, Valid, 2>, Shape<16, 12, 17>>();  // pixels under no window
  pairs_gradient_laws<Conv2D<12, 3>, Shape<14, 14, 8>>();             // few channels
}

TEST_CASE("Conv2D's outputs see their windows alone, and pairs are equal where pixels are") {
  outputs_see_their_windows_alone<Conv2D<16, 5>, Shape<14, 8, 16>>();
  outputs_see_their_windows_alone<Conv2D<16, 5, Same, 2>, Shape<16, 9, 8>>();
  outputs_see_their_windows_alone<Conv2D<24, 3, Valid>, Shape<28, 5, 6>>();
  outputs_see_their_windows_alone<Conv2D<16, 3>,
                                  Shape<15, 6, 16>>();  // the single row at the border
}
