// A small network for the ledger: every kind of layer that it lists, and one that it leaves out.
#include "etch/app/assignment.hpp"

using namespace etch;

using Tiny = Network<Input<8, 8, 1>, Conv2D<3, 3>, ReLU, MaxPool2D<2>, Dense<20>, Dense<3>>;

int main(int argc, char** argv) {
  return app::assignment<Tiny, 4>(argc, argv, {.name = "tiny", .about = "A small network."});
}
