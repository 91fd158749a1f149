// The layer of docs/adding-a-layer.md, under the laws that etch's own layers obey.
#define ETCH_LAYERS "own_layer/leaky_relu-inl.hpp"
#include "laws/layer_laws.hpp"

using namespace etch;

template <float Slope>
struct etch::test::Oracle<LeakyReLU<Slope>> {
  template <class In>
  static void forward(const Context&, const Reals& x, const std::vector<Reals>&, Reals& y) {
    for (std::size_t i = 0; i < x.size(); ++i) y[i] = x[i] > 0 ? x[i] : double{Slope} * x[i];
  }
};

TEST_CASE("A layer of one's own obeys the laws") {
  etch::test::layer_laws<LeakyReLU<>, Shape<7, 7, 3>>();
  etch::test::layer_laws<LeakyReLU<0.5f>, Shape<37>>();
}

TEST_CASE("A network with a layer of one's own learns") {
  using Net = Network<Input<8>, Dense<16>, LeakyReLU<>, Dense<2>>;
  std::vector<float> values(64 * 8);
  std::vector<std::uint8_t> labels(64);
  for (std::size_t i = 0; i < 64; ++i) {
    for (std::size_t k = 0; k < 8; ++k) values[i * 8 + k] = etch::test::number(8, i * 8 + k);
    labels[i] = values[i * 8] * values[i * 8 + 1] > 0;  // no line divides them
  }
  const Minibatch samples{Pictures(values, 8), labels};
  Model<Net> model;
  Trainer<Net, 64> trainer(model, {.learning_rate = 0.5f});
  for (int step = 0; step < 1000; ++step) trainer.step(samples);
  CHECK(evaluate(model, samples).accuracy > 0.9f);
}
