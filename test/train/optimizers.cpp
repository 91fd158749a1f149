// What a step of training does to the parameters and to the pictures.

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "train/samples.hpp"

using namespace etch;
using namespace etch::test;

namespace {

/// Its first layer's weights lie transposed, in rows that fill no vector.
using Net = Network<Input<9, 9, 1>, Dense<20>, ReLU, Dense<10>>;
using Options = Trainer<Net, 16>::Options;

/// Its first layer's weights lie in panels and are updated in several tiles, for more samples than
/// lie in place.
using Large = Network<Input<20, 20, 1>, Dense<140>, ReLU, Dense<10>>;

/// Three steps of training against `rule(w, gradient, kept, rate, step)`, which returns the new
/// parameter and may keep two numbers.
template <class Moved, int Batch, class Optimizer, class Rule>
void moves_by(const Optimizer& optimizer, const Rule& rule) {
  on_every_target([&] {
    Model<Moved> model(Seed{5}, Initializer{.stddev = 0.3f, .biases = {1, 2}});
    Trainer<Moved, Batch, Optimizer> trainer(model,
                                             {.learning_rate = exponential_decay(0.5f, 2, 0.9f),
                                              .l2 = 0.05f,
                                              .weight_decay = 0.1f,
                                              .optimizer = optimizer});
    const Samples<Moved> samples(Batch);
    std::array<std::array<std::vector<std::array<double, 2>>, 2>, Moved::size> kept;
    for (int step = 0; step < 3; ++step) {
      const NetworkOracle<Moved> before(model);
      std::vector<float> gradients(model.parameters().size());
      const float data_loss = trainer.compute_gradients(samples, gradients).loss;
      const Metrics metrics = trainer.step(samples);
      const double rate = 0.5 * std::pow(0.9, step / 2.0);
      double squares = 0;
      Moved::for_each_step([&]<class Step>() {
        for (std::size_t v = 0; v < Step::variables.size(); ++v) {
          const auto name = Step::variables[v].name;
          const auto gradient = Model<Moved>::template read<Step::index>(gradients.data(), name);
          const auto after = model.template get<Step::index>(name);
          const double l2 = Step::variables[v].is_weight ? 0.05 : 0;
          const double decay = Step::variables[v].is_weight ? 0.1 : 0;
          kept[Step::index][v].resize(after.size());
          for (std::size_t i = 0; i < after.size(); ++i) {
            const double w = before.variables[Step::index][v][i];
            if (l2 > 0) squares += w * w;
            const double g = static_cast<double>(gradient[i]) + l2 * w;
            const double expected =
                rule(w, g, kept[Step::index][v][i], rate, step) - rate * decay * w;
            REQUIRE(std::abs(static_cast<double>(after[i]) - expected) < 2e-6);
          }
        }
      });
      CHECK(static_cast<double>(metrics.loss) ==
            Catch::Approx(static_cast<double>(data_loss) + 0.05 * squares / 2).epsilon(1e-5));
    }
    CHECK(trainer.steps() == 3);
  });
}

template <class Optimizer, class Rule>
void moves_by(const Optimizer& optimizer, const Rule& rule) {
  moves_by<Net, 16>(optimizer, rule);
}

using Picture = std::array<float, 25>;

/// A warped picture of 5x5, the same on every target.
Picture warped(const Picture& picture, const Warp& how) {
  std::vector<Picture> results;
  for (const simd::Target& target : simd::compiled) {
    if (!simd::supports(target)) continue;
    Picture& result = results.emplace_back();
    ETCH_DISPATCH(target.id, warp<5, 5, 1>)(picture.data(), result.data(), how);
    CHECK(result == results[0]);
  }
  return results.at(0);
}

/// A picture of numbers from 0 to 24.
Picture numbers() {
  Picture picture;
  for (std::size_t i = 0; i < 25; ++i) picture[i] = static_cast<float>(i);
  return picture;
}

}  // namespace

TEST_CASE("SGD moves parameters against the gradient") {
  const auto rule = [](double w, double g, auto&, double rate, int) { return w - rate * g; };
  moves_by<Net, 16>(SGD{}, rule);
  moves_by<Large, 80>(SGD{}, rule);
}

TEST_CASE("Momentum moves them by its velocity, Nesterov's a step further") {
  for (const bool nesterov : {false, true}) {
    moves_by(Momentum{.momentum = 0.8f, .nesterov = nesterov},
             [&](double w, double g, auto& kept, double rate, int) {
               kept[0] = 0.8 * kept[0] + g;
               return w - rate * (nesterov ? g + 0.8 * kept[0] : kept[0]);
             });
  }
}

TEST_CASE("Adam divides the mean gradient by the root of the mean square") {
  moves_by(Adam{.beta_1 = 0.8f, .beta_2 = 0.9f, .epsilon = 1e-3f},
           [&](double w, double g, auto& kept, double rate, int step) {
             kept[0] = 0.8 * kept[0] + 0.2 * g;
             kept[1] = 0.9 * kept[1] + 0.1 * g * g;
             const double scale =
                 std::sqrt(1 - std::pow(0.9, step + 1)) / (1 - std::pow(0.8, step + 1));
             return w - rate * scale * kept[0] / (std::sqrt(kept[1]) + 1e-3);
           });
}

TEST_CASE("Learning rates follow their schedules") {
  const auto is = [](double rate) { return Catch::Approx(rate).margin(1e-7); };
  CHECK(LearningRate(0.5f).at(7000) == 0.5f);

  const LearningRate exponential = exponential_decay(0.5f, 1000, 0.9f);
  CHECK(exponential.at(0) == 0.5f);
  CHECK(exponential.at(500) == is(0.5 * std::sqrt(0.9)));
  CHECK(exponential.at(2000) == is(0.5 * 0.81));

  const LearningRate staircase = staircase_decay(0.5f, 1000, 0.9f);
  CHECK(staircase.at(999) == 0.5f);
  CHECK(staircase.at(1000) == is(0.45));
  CHECK(staircase.at(2999) == is(0.5 * 0.81));

  const LearningRate cosine = cosine_decay(0.5f, 1000);
  CHECK(cosine.at(0) == 0.5f);
  CHECK(cosine.at(250) == is(0.25 * (1 + std::sqrt(0.5))));
  CHECK(cosine.at(500) == is(0.25));
  CHECK(cosine.at(1000) == is(0));
  CHECK(cosine.at(5000) == is(0));

  const LearningRate cycle = one_cycle(0.5f, 1000);
  CHECK(cycle.at(0) == is(0.02));
  CHECK(cycle.at(150) == is(0.26));
  CHECK(cycle.at(300) == is(0.5));
  CHECK(cycle.at(650) == is(0.25));
  CHECK(cycle.at(1000) == is(0));
  CHECK(cycle.at(5000) == is(0));
}

TEST_CASE("A picture that is not warped stays what it is") {
  CHECK(warped(numbers(), {}) == numbers());
}

TEST_CASE("A shift moves pixels down and to the right, and black comes in") {
  const Picture from = numbers();
  const Picture whole = warped(from, {.shift_y = 1, .shift_x = 2});
  const Picture half = warped(from, {.shift_x = 0.5f});
  const Picture away = warped(from, {.shift_y = -1000, .shift_x = 1000});
  for (std::size_t row = 0; row < 5; ++row) {
    for (std::size_t column = 0; column < 5; ++column) {
      const std::size_t i = row * 5 + column;
      CHECK(whole[i] == (row < 1 || column < 2 ? -0.5f : from[i - 7]));
      CHECK(half[i] == Catch::Approx(((column < 1 ? -0.5f : from[i - 1]) + from[i]) / 2));
      CHECK(away[i] == -0.5f);
    }
  }
}

TEST_CASE("A slant moves each row by its distance from the middle, the top to the right") {
  const Picture from = numbers();
  const Picture slanted = warped(from, {.slant = 1});
  for (int row = 0; row < 5; ++row) {
    for (int column = 0; column < 5; ++column) {
      const int source = column - (2 - row);
      const float expected =
          source < 0 || source > 4 ? -0.5f : from[static_cast<std::size_t>(row * 5 + source)];
      CHECK(slanted[static_cast<std::size_t>(row * 5 + column)] == expected);
    }
  }
}

TEST_CASE("A zoom leaves the middle where it is") {
  const Picture from = numbers();
  const Picture twice = warped(from, {.zoom_y = 2, .zoom_x = 2});
  CHECK(twice[12] == 12);
  CHECK(twice[13] == 12.5f);
  CHECK(twice[14] == 13);
  CHECK(twice[0] == 6);
  const Picture narrow = warped(from, {.zoom_x = 0.5f});
  CHECK(narrow[12] == 12);
  CHECK(narrow[11] == 10);
  CHECK(narrow[10] == -0.5f);
}

TEST_CASE("Augmentation draws anew for every sample and step, within its limits") {
  const Augmentation augmentation{.shift = 2, .slant = 0.5f, .zoom = 0.25f};
  const auto differ = [](const Warp& a, const Warp& b) {
    return a.zoom_y != b.zoom_y && a.zoom_x != b.zoom_x && a.slant != b.slant &&
           a.shift_y != b.shift_y && a.shift_x != b.shift_x;
  };
  const Warp one = augmentation.draw(1, 0, 0);
  CHECK(differ(one, augmentation.draw(2, 0, 0)));
  CHECK(differ(one, augmentation.draw(1, 1, 0)));
  CHECK(differ(one, augmentation.draw(1, 0, 1)));
  Warp most{.zoom_y = 1, .zoom_x = 1};
  for (std::uint32_t sample = 0; sample < 1000; ++sample) {
    const Warp warp = augmentation.draw(1, 0, sample);
    most.zoom_y = std::max(most.zoom_y, std::abs(warp.zoom_y - 1) + 1);
    most.zoom_x = std::max(most.zoom_x, std::abs(warp.zoom_x - 1) + 1);
    most.slant = std::max(most.slant, std::abs(warp.slant));
    most.shift_y = std::max(most.shift_y, std::abs(warp.shift_y));
    most.shift_x = std::max(most.shift_x, std::abs(warp.shift_x));
  }
  const auto nearly = [](float limit) { return Catch::Approx(limit).epsilon(0.02); };
  CHECK(most.zoom_y == nearly(1.25f));
  CHECK(most.zoom_x == nearly(1.25f));
  CHECK(most.slant == nearly(0.5f));
  CHECK(most.shift_y == nearly(2));
  CHECK(most.shift_x == nearly(2));
}

TEST_CASE("A trainer sees augmented pictures, whatever its threads, an evaluator plain ones") {
  const Samples<Net> samples(16);
  const auto loss = [&](const Augmentation& augmentation, int threads) {
    Team team(threads);
    Model<Net> model;
    Trainer<Net, 16, Momentum> trainer(model, {.augmentation = augmentation}, team);
    trainer.step(samples);
    return trainer.step(samples).loss;
  };
  const Augmentation augmentation{.shift = 1, .slant = 0.1f, .zoom = 0.1f};
  CHECK(loss(augmentation, 1) != loss({}, 1));
  CHECK(loss(augmentation, 1) == loss(augmentation, 3));

  // What a shift by far more than the picture leaves is black.
  Model<Net> model;
  Trainer<Net, 16> trainer(model, {.augmentation = {.shift = 1e6f}});
  std::vector<float> black(Net::Input::size * 16, warp_background);
  const Minibatch all_black{Pictures(black, Net::Input::size), samples.labels};
  std::vector<float> gradients(model.parameters().size());
  CHECK(trainer.compute_gradients(samples, gradients).loss ==
        Trainer<Net, 16>(model, {}).compute_gradients(all_black, gradients).loss);
}

TEST_CASE("Options without sense are refused") {
  Model<Net> model;
  for (const Options& options :
       {Options{.weight_decay = -1}, Options{.augmentation = {.shift = -1}},
        Options{.augmentation = {.slant = std::nanf("")}}, Options{.augmentation = {.zoom = 1}}}) {
    CHECK_THROWS_AS((Trainer<Net, 16>(model, options)), Error);
  }
  const float infinite = std::numeric_limits<float>::infinity();
  CHECK_THROWS_AS((Trainer<Net, 16>(model, {.augmentation = {.shift = infinite}})), Error);
  CHECK_THROWS_AS((Trainer<Net, 16>(model, {.learning_rate = infinite})), Error);
  CHECK_THROWS_AS((Trainer<Net, 16, Momentum>(model, {.optimizer = {.momentum = 1}})), Error);
  for (const float epsilon : {0.0f, 1e-40f}) {  // training takes both for 0
    CHECK_THROWS_AS((Trainer<Net, 16, Adam>(model, {.optimizer = {.epsilon = epsilon}})), Error);
  }
  CHECK_THROWS_WITH((Trainer<Net, 16, Adam>(model, {.optimizer = {.beta_1 = 1}})),
                    Catch::Matchers::ContainsSubstring("trainer: optimizer: requires"));
  Model<Perceptron> vectors;
  CHECK_THROWS_WITH(
      (Trainer<Perceptron, 16>(vectors, {.augmentation = {.shift = 1}})),
      "trainer: augmentation: requires a network that reads pictures, one that reads vectors came; "
      "begin it with Input<height, width, channels>");
}
