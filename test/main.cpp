// Catch's main, compiled once for all tests: in 2.13 also the whole of Catch, in 3.x only this.
#define CATCH_CONFIG_RUNNER
#include "catch.hpp"

int main(int argc, char* argv[]) {
  return Catch::Session().run(argc, argv);
}
