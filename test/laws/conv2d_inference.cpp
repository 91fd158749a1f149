#include "laws/fused_selection.hpp"
#include "laws/layer_laws.hpp"

using namespace etch;
using etch::test::inference_laws;

namespace {

/// Shapes whose forward pass is another one where nobody trains.
template <class Layer, class In>
void winograd_laws(int rows = 3) {
  static_assert(Layer::template winograd<In>.better());
  inference_laws<Layer, In>(rows);
}

/// The same with a pooling behind, of which tiles hold whole windows or do not.
template <bool hold, class Layer, class Pool, class In>
void pooled_winograd_laws(int rows = 3) {
  constexpr auto pool = Pool::template selection<typename Layer::template Output<In>>;
  static_assert(Layer::template winograd<In>.better());
  static_assert(HWY_NAMESPACE::tiles_hold_windows<Layer::template winograd<In>, pool> == hold);
  inference_laws<FusedSelection<Layer, Pool>, In>(rows);
}

}  // namespace

TEST_CASE("Conv2D obeys the laws in inference at the course's shapes") {
  winograd_laws<Conv2D<16, 5>, Shape<14, 14, 16>>();
  winograd_laws<Conv2D<16, 5, Valid>, Shape<14, 14, 6>>();
  winograd_laws<Conv2D<16, 3>, Shape<28, 28, 16>>();
  inference_laws<Conv2D<16, 5, Same, 2>, Shape<14, 14, 16>>();  // in pairs
}

TEST_CASE("Conv2D obeys the laws in inference at odd shapes") {
  winograd_laws<Conv2D<37, 3>, Shape<13, 11, 9>>();          // outputs beyond the borders
  winograd_laws<Conv2D<20, 5, Valid>, Shape<11, 20, 18>>();  // two vectors of channels, one filled
  winograd_laws<Conv2D<8, 3, Valid>, Shape<24, 10, 5>>();
  winograd_laws<Conv2D<9, 5>, Shape<12, 16, 8>>();
  winograd_laws<Conv2D<33, 3>, Shape<8, 50, 3>>();  // a loop of blocks of tiles
}

TEST_CASE("Conv2D and MaxPool2D in one obey the laws in inference") {
  pooled_winograd_laws<true, Conv2D<16, 5>, MaxPool2D<2>, Shape<14, 14, 16>>();
  pooled_winograd_laws<true, Conv2D<16, 5, Valid>, MaxPool2D<2>, Shape<14, 14, 6>>();
  pooled_winograd_laws<true, Conv2D<16, 3>, MaxPool2D<2>, Shape<15, 13, 16>>();  // outputs left out
  pooled_winograd_laws<true, Conv2D<40, 3, Valid>, MaxPool2D<4>, Shape<18, 22, 11>>();
}

TEST_CASE("Conv2D and MaxPool2D in one obey the laws in inference where tiles hold no windows") {
  pooled_winograd_laws<false, Conv2D<10, 3>, MaxPool2D<3>, Shape<12, 12, 8>>();
  pooled_winograd_laws<false, Conv2D<16, 5>, MaxPool2D<3, 2>, Shape<12, 12, 12>>();
}
