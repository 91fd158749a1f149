// etch: Network: requires of each layer Requirements<Index, In>, a layer without came
// shows: has_requirements<0, Own, Shape<100>>
#include <etch/etch.hpp>

using namespace etch;

struct Own {
  static constexpr std::string_view name = "own";
  template <class In>
  using Output = In;
#ifdef ETCH_FIXED
  template <std::size_t Index, class In>
  struct Requirements {};
#endif
};

template <class In>
struct etch::HWY_NAMESPACE::Passes<Own, In> {
  static void forward(const Context&, const float* x, const float* const*, float* y, int rows) {
    std::copy_n(x, rows * In::stride, y);
  }
};

using Net = Network<Input<100>, Own, Dense<10>>;

int main() {
  Model<Net> model;
  Trainer<Net, 16> trainer(model, {.learning_rate = 0.1f});
  trainer.step({});
  return evaluate(model, {}).accuracy > 0;
}
