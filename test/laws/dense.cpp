#include "laws/layer_laws.hpp"

using namespace etch;
using etch::test::layer_laws;

TEST_CASE("Dense obeys the laws in panels") {
  layer_laws<Dense<64>, Shape<160>>();
  layer_laws<Dense<17>, Shape<5>>();
  layer_laws<Dense<100>, Shape<33>>(8);
  layer_laws<Dense<84>, Shape<7, 7, 5>>(5);
  layer_laws<Dense<20>, Shape<1025>>(9);
}

TEST_CASE("Dense obeys the laws in panels where the last vector is narrow") {
  layer_laws<Dense<37>, Shape<100>>();   // a group of its own
  layer_laws<Dense<56>, Shape<60>>(17);  // in a whole group
}

TEST_CASE("Dense obeys the laws in panels where many samples are packed") {
  layer_laws<Dense<72>, Shape<48>>(70);
  layer_laws<Dense<300>, Shape<28>>(65);
  layer_laws<Dense<134>, Shape<397>>(66);
  layer_laws<Dense<308>, Shape<28>>(65);  // a narrow last vector
}

TEST_CASE("Dense obeys the laws in panels where many samples lie together as they are") {
  layer_laws<Dense<40>, Shape<48>>(70);
  layer_laws<Dense<20>, Shape<53>>(66);
}

TEST_CASE("Dense obeys the laws transposed") {
  layer_laws<Dense<64>, Shape<784>>(16);
  layer_laws<Dense<37>, Shape<300>>();
  layer_laws<Dense<20>, Shape<397>>(66);
  layer_laws<Dense<17>, Shape<51>>(5);
  layer_laws<Dense<48>, Shape<7, 7, 5>>(1);
  layer_laws<Dense<128>, Shape<1024>>(9);
}

TEST_CASE("Dense obeys the laws transposed, of few outputs") {
  layer_laws<Dense<10>, Shape<28, 28, 1>>();
  layer_laws<Dense<1>, Shape<1>>();
  layer_laws<Dense<3>, Shape<17>>(1);
  layer_laws<Dense<16>, Shape<31>>(33);
  layer_laws<Dense<16>, Shape<401>>(7);    // half of the outputs at a time
  layer_laws<Dense<10>, Shape<1300>>(83);  // some inputs of some samples at a time
  layer_laws<Dense<13>, Shape<1030>>(2);
}

TEST_CASE("Dense obeys the laws where samples would alias") {
  layer_laws<Dense<1024>, Shape<9>>();
  layer_laws<Dense<9>, Shape<1024>>();
}
