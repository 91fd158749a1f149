// etch: Network: requires the passes of each layer for this SIMD target, a layer without came
// shows: has_passes<Twice, Shape<784>>
#include <etch/etch.hpp>

using namespace etch;

struct Twice {
  static constexpr std::string_view name = "twice";
  template <class In>
  using Output = In;
  template <std::size_t Index, class In>
  struct Requirements {};
};

#ifdef ETCH_FIXED
template <class In>
struct etch::HWY_NAMESPACE::Passes<Twice, In> {
  static void forward(const Context&, const float* x, const float* const*, float* y, int rows) {
    for (int i = 0; i < rows * In::stride; ++i) y[i] = 2 * x[i];
  }
};
#endif

using Net = Network<Input<784>, Twice, Dense<10>>;

int main() {
  Model<Net> model;
  Trainer<Net, 16> trainer(model, {.learning_rate = 0.1f});
  trainer.step({});
  return evaluate(model, {}).accuracy > 0;
}
