#include "laws/layer_laws.hpp"

using namespace etch;

namespace {

/// Shapes whose forward pass computes outputs in pairs.
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
  constexpr Window window = Layer::template columns<In>;
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
        for (int column = 0; column < In::width; ++column) {
          std::fill(bench.x.begin(), bench.x.end(), 0.0f);
          bench.x[static_cast<std::size_t>(column * In::channels)] = 1;  // of the first row
          bench.forward(target);
          bool zero = true;
          each_output(bench, [&](int oy, int ox, int, float y) {
            const int tap = column - ox * window.stride + window.before;
            const bool sees = oy * window.stride - Layer::template rows<In>.before <= 0 &&
                              tap >= 0 && tap < window.size;
            zero &= sees || y == 0;
          });
          CHECK(zero);
        }
        // Plain sums of neighbours, as other targets have them, may add up in another order.
        if (target.id != HWY_AVX3) return;
        std::fill(bench.x.begin(), bench.x.end(), 0.7f);
        bench.forward(target);
        std::vector<float> inner(Out::channels);
        bool equal = true;
        each_output(bench, [&](int oy, int ox, int filter, float y) {
          const auto inside = [](const Window& w, int o) {
            return w.first(o) == 0 && w.end(o) == w.size;
          };
          if (!inside(Layer::template rows<In>, oy) || !inside(window, ox)) return;
          float& first = inner[static_cast<std::size_t>(filter)];
          if (first == 0) first = y;
          equal &= y == first;
        });
        CHECK(equal);
      });
}

}  // namespace

TEST_CASE("Conv2D obeys the laws where outputs are computed in pairs") {
  pairs_laws<Conv2D<16, 3>, Shape<9, 28, 5>>();             // blocks of pairs, channels left over
  pairs_laws<Conv2D<13, 7>, Shape<8, 15, 17>>();            // three groups of taps, a single output
  pairs_laws<Conv2D<24, 4, Valid>, Shape<9, 12, 16>>();     // taps in twos, filters left over
  pairs_laws<Conv2D<16, 5, Same, 3>, Shape<14, 14, 20>>();  // a tap alone
  pairs_laws<Conv2D<16, 3, Same, 2>, Shape<12, 12, 16>>();
  pairs_laws<Conv2D<32, 5>, Shape<28, 28, 1>>();  // few channels
  pairs_laws<Conv2D<16, 3>, Shape<28, 28, 3>>();
  pairs_laws<Conv2D<4, 3, Same, 2>, Shape<12, 12, 16>>();  // few filters
  pairs_laws<Conv2D<8, 3, Same, 2>, Shape<12, 12, 16>>();
}

TEST_CASE("Conv2D obeys the laws where as many taps as pairs have at most are each a group") {
  test::forward_laws<Conv2D<16, 9, Valid, 9>, Shape<18, 27, 3>>();
}

TEST_CASE("Conv2D obeys the laws where data gradients are computed in pairs") {
  pairs_gradient_laws<Conv2D<16, 5>, Shape<8, 14, 16>>();
  pairs_gradient_laws<Conv2D<24, 3, Same, 2>, Shape<12, 13, 20>>();
  pairs_gradient_laws<Conv2D<16, 5, Same, 3>, Shape<14, 14, 20>>();
  pairs_gradient_laws<Conv2D<16, 5, Valid, 2>, Shape<12, 16, 17>>();  // pixels under no window
  pairs_gradient_laws<Conv2D<12, 3>, Shape<14, 14, 8>>();             // few channels
}

TEST_CASE("Conv2D's outputs see their windows alone, and pairs are equal where pixels are") {
  outputs_see_their_windows_alone<Conv2D<16, 5>, Shape<8, 14, 16>>();
  outputs_see_their_windows_alone<Conv2D<16, 5, Same, 2>, Shape<9, 16, 8>>();
  outputs_see_their_windows_alone<Conv2D<24, 3, Valid>, Shape<5, 28, 6>>();
  outputs_see_their_windows_alone<Conv2D<16, 3>,
                                  Shape<6, 15, 16>>();  // the single one at the border
}
