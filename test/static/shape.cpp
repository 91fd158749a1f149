// Shapes and windows, checked by the compiler: it compiles or it fails.
#include "etch/shape/shape.hpp"

#include "etch/shape/window.hpp"

namespace etch {
namespace {

// Pictures and vectors.

using Picture = Shape<28, 14, 3>;
static_assert(Picture::is_picture && Picture::rank == 3 && Picture::size == 1'176);
static_assert(Picture::height == 28 && Picture::width == 14 && Picture::channels == 3);
static_assert(Picture::extents == std::array{28, 14, 3});

using Vector = Shape<10>;
static_assert(!Vector::is_picture && Vector::rank == 1 && Vector::size == 10);
static_assert(Vector::height == 1 && Vector::width == 1 && Vector::channels == 10);

// From one sample to the next: whole cache lines, never a multiple of 4 KiB.

static_assert(Shape<1>::stride == 16);
static_assert(Shape<10>::stride == 16);
static_assert(Shape<16>::stride == 16);
static_assert(Shape<17>::stride == 32);
static_assert(Shape<28, 28, 1>::stride == 784);
static_assert(Shape<14, 14, 6>::stride == 1'184);
static_assert(Shape<1'008>::stride == 1'008);
static_assert(Shape<1'009>::stride == 1'040);  // 1,024 would be 4 KiB
static_assert(Shape<1'024>::stride == 1'040);
static_assert(Shape<1'040>::stride == 1'040);
static_assert(Shape<2'048>::stride == 2'064);
static_assert(Shape<32, 32, 1>::stride == 1'040);
static_assert(Shape<8, 8, 64>::stride == 4'112);

// Windows, as https://www.tensorflow.org/api_docs/python/tf/nn says:
//   Same: out = ceil(in / stride), missing = max(size - stride, 0) where stride divides in, else
//   max(size - in % stride, 0), half of it before, rounded down; Valid: out = ceil((in - size + 1)
//   / stride). Taps are counted one by one.

template <class Padding>
constexpr bool gives(int in, int size, int stride, int out, int before, int taps) {
  const Window window = slide<Padding>(in, size, stride);
  return window == Window{in, size, stride, out, before} && window.taps() == taps;
}

static_assert(gives<Same>(28, 5, 1, 28, 2, 134));
static_assert(gives<Same>(28, 5, 2, 14, 1, 67));
static_assert(gives<Same>(14, 5, 2, 7, 1, 32));
static_assert(gives<Same>(7, 5, 2, 4, 2, 16));
static_assert(gives<Same>(28, 3, 1, 28, 1, 82));
static_assert(gives<Same>(28, 3, 2, 14, 0, 41));
static_assert(gives<Same>(224, 7, 2, 112, 2, 778));
static_assert(gives<Same>(224, 11, 4, 56, 3, 609));
static_assert(gives<Same>(227, 11, 4, 57, 4, 619));
static_assert(gives<Same>(299, 3, 2, 150, 1, 448));

// Even windows: the odd missing pixel comes after.
static_assert(gives<Same>(28, 2, 1, 28, 0, 55));
static_assert(gives<Same>(28, 2, 2, 14, 0, 28));
static_assert(gives<Same>(7, 2, 1, 7, 0, 13));
static_assert(gives<Same>(7, 2, 2, 4, 0, 7));
static_assert(gives<Same>(5, 4, 1, 5, 1, 16));
static_assert(gives<Same>(5, 4, 2, 3, 1, 9));
static_assert(gives<Same>(5, 4, 3, 2, 1, 6));
static_assert(gives<Same>(13, 6, 5, 3, 1, 15));

// 1x1, with and without stride.
static_assert(gives<Same>(1, 1, 1, 1, 0, 1));
static_assert(gives<Same>(28, 1, 1, 28, 0, 28));
static_assert(gives<Same>(28, 1, 2, 14, 0, 14));
static_assert(gives<Same>(5, 1, 3, 2, 0, 2));

// A stride larger than the window leaves pixels out.
static_assert(gives<Same>(10, 2, 3, 4, 0, 7));
static_assert(gives<Same>(11, 2, 3, 4, 0, 8));
static_assert(gives<Same>(12, 2, 5, 3, 0, 6));
static_assert(gives<Same>(10, 3, 7, 2, 0, 6));

// A window larger than the picture.
static_assert(gives<Same>(1, 5, 1, 1, 2, 1));
static_assert(gives<Same>(2, 5, 1, 2, 2, 4));
static_assert(gives<Same>(3, 7, 2, 2, 3, 6));
static_assert(gives<Same>(3, 8, 2, 2, 3, 6));
static_assert(gives<Same>(2, 9, 4, 1, 3, 2));

static_assert(gives<Valid>(28, 5, 1, 24, 0, 120));
static_assert(gives<Valid>(28, 5, 2, 12, 0, 60));
static_assert(gives<Valid>(14, 5, 1, 10, 0, 50));
static_assert(gives<Valid>(5, 5, 1, 1, 0, 5));
static_assert(gives<Valid>(5, 5, 3, 1, 0, 5));
static_assert(gives<Valid>(6, 3, 2, 2, 0, 6));
static_assert(gives<Valid>(7, 3, 2, 3, 0, 9));
static_assert(gives<Valid>(224, 11, 4, 54, 0, 594));
static_assert(gives<Valid>(227, 11, 4, 55, 0, 605));
static_assert(gives<Valid>(299, 3, 2, 149, 0, 447));
static_assert(gives<Valid>(10, 2, 2, 5, 0, 10));
static_assert(gives<Valid>(7, 2, 2, 3, 0, 6));
static_assert(gives<Valid>(7, 2, 1, 6, 0, 12));
static_assert(gives<Valid>(5, 4, 1, 2, 0, 8));
static_assert(gives<Valid>(5, 4, 2, 1, 0, 4));
static_assert(gives<Valid>(13, 6, 5, 2, 0, 12));
static_assert(gives<Valid>(1, 1, 1, 1, 0, 1));
static_assert(gives<Valid>(28, 1, 1, 28, 0, 28));
static_assert(gives<Valid>(28, 1, 2, 14, 0, 14));
static_assert(gives<Valid>(5, 1, 3, 2, 0, 2));
static_assert(gives<Valid>(10, 2, 3, 3, 0, 6));
static_assert(gives<Valid>(11, 2, 3, 4, 0, 8));
static_assert(gives<Valid>(12, 2, 5, 3, 0, 6));
static_assert(gives<Valid>(10, 3, 7, 2, 0, 6));
static_assert(gives<Valid>(9, 3, 7, 1, 0, 3));

// What the border leaves of a window: place 0 of 5 at 28 pixels begins two before the first.
static_assert(slide<Same>(28, 5, 1).first(0) == 2 && slide<Same>(28, 5, 1).end(0) == 5);
static_assert(slide<Same>(28, 5, 1).first(2) == 0 && slide<Same>(28, 5, 1).end(25) == 5);
static_assert(slide<Same>(28, 5, 1).first(27) == 0 && slide<Same>(28, 5, 1).end(27) == 3);

}  // namespace
}  // namespace etch
