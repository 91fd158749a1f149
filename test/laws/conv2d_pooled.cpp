#include "laws/fused_selection.hpp"
#include "laws/layer_laws.hpp"

using namespace etch;

namespace {

template <class Layer, class Pool, class In>
void pooled_laws(int rows = 2) {
  using Between = typename Layer::template Output<In>;
  static_assert(Layer::template takes_selected<In, Pool::template selection<Between>>());
  test::layer_laws<FusedSelection<Layer, Pool>, In>(rows);
}

}  // namespace

TEST_CASE("Conv2D and MaxPool2D in one obey the laws at the course's shapes") {
  pooled_laws<Conv2D<16, 5>, MaxPool2D<2>, Shape<28, 28, 1>>();
  pooled_laws<Conv2D<16, 5>, MaxPool2D<2>, Shape<14, 14, 16>>(3);
  pooled_laws<Conv2D<6, 5>, MaxPool2D<2>, Shape<28, 28, 1>>();
  pooled_laws<Conv2D<16, 5, Valid>, MaxPool2D<2>, Shape<14, 14, 6>>(3);
}

TEST_CASE("Conv2D and MaxPool2D in one obey the laws at odd shapes") {
  pooled_laws<Conv2D<7, 3>, MaxPool2D<2>, Shape<9, 11, 13>>();            // a row is left out
  pooled_laws<Conv2D<5, 4, Valid, 3>, MaxPool2D<2>, Shape<18, 17, 4>>();  // inputs under no window
  pooled_laws<Conv2D<5, 3>, MaxPool2D<3, 2>, Shape<9, 9, 20>>();          // overlapping windows
  pooled_laws<Conv2D<37, 3, Same, 2>, MaxPool2D<2, 3>, Shape<16, 15, 5>>();  // outputs under none
  pooled_laws<Conv2D<33, 1>, MaxPool2D<4>, Shape<8, 4, 2>>();
}

TEST_CASE("Conv2D and MaxPool2D in one obey the laws where channels or filters are few") {
  pooled_laws<Conv2D<16, 3>, MaxPool2D<2>, Shape<10, 15, 1>>();  // an odd window at the end
  pooled_laws<Conv2D<8, 3, Valid>, MaxPool2D<2, 3>, Shape<11, 12, 2>>();
  pooled_laws<Conv2D<7, 5>, MaxPool2D<2>, Shape<6, 10, 1>>(5);
  pooled_laws<Conv2D<20, 7>, MaxPool2D<2>, Shape<8, 9, 3>>();
  pooled_laws<Conv2D<4, 3>, MaxPool2D<2>, Shape<8, 10, 1>>();
  pooled_laws<Conv2D<4, 1>, MaxPool2D<2>, Shape<6, 6, 1>>();
}

TEST_CASE("Conv2D and MaxPool2D in one obey the laws where runs are long") {
  pooled_laws<Conv2D<2, 2, Valid, 2>, MaxPool2D<2>, Shape<8, 9, 33>>();  // and windows apart
  pooled_laws<Conv2D<3, 3>, MaxPool2D<2>, Shape<4, 4, 150>>();
}
