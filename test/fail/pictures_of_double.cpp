// etch: Pictures: requires an array of std::uint8_t or float, another type came
// shows: holds_pixels<std::vector<double
#include <etch/etch.hpp>

using namespace etch;

#ifdef ETCH_FIXED
using Value = float;
#else
using Value = double;
#endif

int main() {
  const std::vector<Value> values(784);
  return Pictures(values, 784).count() == 0;
}
