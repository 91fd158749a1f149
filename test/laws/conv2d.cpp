#include "laws/layer_laws.hpp"

using namespace etch;
using etch::test::layer_laws;

TEST_CASE("Conv2D obeys the laws at the course's shapes") {
  layer_laws<Conv2D<16, 5, Same, 2>, Shape<28, 28, 1>>(3);
  layer_laws<Conv2D<16, 5, Same, 2>, Shape<14, 14, 16>>(3);
  layer_laws<Conv2D<6, 5>, Shape<28, 28, 1>>(2);
  layer_laws<Conv2D<16, 5, Valid>, Shape<14, 14, 6>>(2);
}

TEST_CASE("Conv2D obeys the laws at odd shapes") {
  layer_laws<Conv2D<20, 3, Same, 2>, Shape<13, 11, 5>>(2);
  layer_laws<Conv2D<37, 4, Same, 3>, Shape<10, 17, 9>>(2);
  layer_laws<Conv2D<7, 1, Valid, 2>, Shape<9, 9, 18>>(2);
  layer_laws<Conv2D<13, 3>, Shape<1, 1, 1>>();
}

TEST_CASE("Conv2D obeys the laws where the window is large") {
  layer_laws<Conv2D<4, 7>, Shape<5, 5, 3>>(2);
  layer_laws<Conv2D<3, 7, Valid>, Shape<7, 7, 2>>(2);
  layer_laws<Conv2D<2, 2, Valid, 3>, Shape<8, 8, 1>>(2);
  layer_laws<Conv2D<5, 2, Same, 3>, Shape<7, 6, 3>>(2);
}

TEST_CASE("Conv2D obeys the laws where channels or filters are few") {
  layer_laws<Conv2D<6, 5>, Shape<31, 36, 1>>(2);
  layer_laws<Conv2D<3, 3>, Shape<61, 17, 2>>(2);
  layer_laws<Conv2D<8, 5, Valid>, Shape<9, 30, 3>>(2);
  layer_laws<Conv2D<7, 5>, Shape<12, 20, 1>>(2);
  layer_laws<Conv2D<5, 3>, Shape<30, 19, 2>>(2);
  layer_laws<Conv2D<2, 4>, Shape<40, 11, 1>>(2);
  layer_laws<Conv2D<10, 7>, Shape<9, 11, 1>>(
      2);  // weight gradient: four and three rows by AVX2 and g++
  layer_laws<Conv2D<9, 6>, Shape<8, 12, 1>>(2);   // three columns twice
  layer_laws<Conv2D<4, 9>, Shape<10, 13, 2>>(2);  // five and four rows by AVX-512
  layer_laws<Conv2D<1, 3, Valid>, Shape<12, 21, 1>>(2);
  layer_laws<Conv2D<12, 5>, Shape<9, 18, 1>>(2);
  layer_laws<Conv2D<11, 3>, Shape<13, 9, 3>>(2);
  layer_laws<Conv2D<8, 3>, Shape<14, 14, 8>>(2);
  layer_laws<Conv2D<7, 3>, Shape<9, 10, 5>>(2);
  layer_laws<Conv2D<2, 3>, Shape<9, 9, 5>>(2);
  layer_laws<Conv2D<50, 5, Valid>, Shape<6, 7, 20>>(2);
  layer_laws<Conv2D<6, 5>, Shape<40, 200, 1>>(2);
  layer_laws<Conv2D<16, 3, Same, 2>, Shape<9, 11, 3>>(2);
  layer_laws<Conv2D<40, 5, Valid>, Shape<9, 31, 6>>(2);
}

TEST_CASE("Conv2D obeys the laws where rows are short") {
  layer_laws<Conv2D<16, 3>, Shape<7, 7, 17>>(2);
  layer_laws<Conv2D<16, 3>, Shape<1, 20, 9>>(2);
}

TEST_CASE("Conv2D obeys the laws where the window is wider than pairs have it") {
  test::forward_laws<Conv2D<16, 11>, Shape<12, 7, 9>>();
}

TEST_CASE("Conv2D obeys the laws where the window is one pixel") {
  layer_laws<Conv2D<48, 1>, Shape<5, 7, 21>>(3);
  layer_laws<Conv2D<16, 1>, Shape<6, 3, 2>>(2);
}

TEST_CASE("Conv2D obeys the laws where weight gradients go through the samples one by one") {
  layer_laws<Conv2D<40, 3>, Shape<18, 20, 9>>(2);
  layer_laws<Conv2D<16, 3>, Shape<32, 32, 1>>(3);
  layer_laws<Conv2D<16, 3>, Shape<32, 32, 3>>(2);
}

TEST_CASE("Conv2D obeys the laws where one tile sums all weights' and biases' gradients") {
  layer_laws<Conv2D<40, 3, Same, 2>, Shape<9, 11, 1>>(2);
}
