// A stranger's program: it knows etch as a subproject, has its own network and its own data.
#include <cmath>
#include <cstdio>
#include <etch/etch.hpp>
#include <exception>
#include <random>
#include <vector>

using Net = etch::Network<etch::Input<2>, etch::Dense<32>, etch::ReLU, etch::Dense<2>>;

static_assert(Net::parameters == (2 * 32 + 32) + (32 * 2 + 2));
static_assert(Net::inference_bytes<1> <= 1024, "the model fits into a kilobyte");
static_assert(Net::training_bytes<64> <= 36 * 1024, "training fits beside it");

// Points of a square, and whether they lie in a circle of half its area.
struct Points {
  std::vector<float> values;
  std::vector<std::uint8_t> labels;

  Points(int count, unsigned seed) {
    std::mt19937 random(seed);
    std::uniform_real_distribution<float> place(-1, 1);
    for (int i = 0; i < count; ++i) {
      const float x = place(random), y = place(random);
      values.insert(values.end(), {x, y});
      labels.push_back(std::hypot(x, y) < 0.8f);
    }
  }

  etch::Minibatch some(std::size_t first, std::size_t count) const {
    return {etch::Pictures(values, 2).slice(first, count), std::span(labels).subspan(first, count)};
  }
};

int main() try {
  const Points train(64 * 100, 1), test(1000, 2);
  etch::Model<Net> model;
  etch::Trainer<Net, 64> trainer(model, {.learning_rate = 0.5f});
  for (std::size_t step = 0; step < 2000; ++step) trainer.step(train.some(step % 100 * 64, 64));
  std::printf("accuracy %.3f\n",
              static_cast<double>(etch::evaluate(model, test.some(0, 1000)).accuracy));
} catch (const std::exception& error) {
  std::fprintf(stderr, "etch: %s\n", error.what());
  return 1;
}
