// Models, trainers and evaluation as their users see them.

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "train/samples.hpp"

using namespace etch;
using namespace etch::test;

TEST_CASE("Accuracy counts the samples whose label has the largest output") {
  on_every_target([] {
    Model<Logistic> model(Seed{1}, Initializer{.stddev = 1.0f});
    const Samples<Logistic> samples(101);
    const NetworkOracle<Logistic> oracle(model);
    std::size_t right = 0;
    for (std::size_t i = 0; i < samples.labels.size(); ++i) {
      const Reals logits = oracle.forward(Context(), samples.sample(i));
      right += std::max_element(logits.begin(), logits.end()) - logits.begin() == samples.labels[i];
    }
    for (int threads : {1, 3}) {
      Team team(threads);
      CHECK(evaluate(model, samples, team).accuracy == Accuracy{right, 101});
    }
    Trainer<Logistic, 128> trainer(model, {});
    std::vector<float> gradients(model.parameters().size());
    CHECK(trainer.compute_gradients(samples, gradients).accuracy == Accuracy{right, 101});
    CHECK(evaluate(model, samples.first(0)).accuracy == Accuracy{});
  });
  CHECK(float{Accuracy{}} == 0);
  CHECK(float{Accuracy{3, 4}} == 0.75f);
}

TEST_CASE("Percent are rounded as Python rounds 100.0 * correct / samples") {
  const auto printed = [](std::size_t correct, std::size_t samples) {
    char text[16];
    std::snprintf(text, sizeof text, "%.1f", Accuracy{correct, samples}.percent());
    return std::string(text);
  };
  CHECK(printed(1401, 2000) == "70.0");  // 70.1 by a share in float
  CHECK(printed(1417, 2000) == "70.8");  // 70.9 by a share in double
  CHECK(printed(1777, 2000) == "88.8");
  CHECK(printed(0, 0) == "0.0");
}

TEST_CASE("predict gives probabilities, of bytes and of floats") {
  on_every_target([] {
    Model<Logistic> model;
    std::vector<std::uint8_t> bytes(25);
    std::vector<float> floats(25);
    for (std::size_t i = 0; i < 25; ++i) {
      bytes[i] = static_cast<std::uint8_t>(i * 10);
      floats[i] = (static_cast<float>(bytes[i]) - 127.5f) / 255;
    }
    const auto p = model.predict(Pictures(bytes, 25));
    CHECK(p == model.predict(floats));
    const Reals logits =
        NetworkOracle<Logistic>(model).forward({}, Reals(floats.begin(), floats.end()));
    double sum = 0;
    for (double z : logits) sum += std::exp(z);
    for (std::size_t i = 0; i < p.size(); ++i) {
      CHECK(static_cast<double>(p[i]) == Catch::Approx(std::exp(logits[i]) / sum).epsilon(1e-5));
    }
  });
}

/// Three steps, the last by fewer samples, and predictions for all.
template <class Net>
std::vector<float> losses_and_predictions(const Pictures& pictures,
                                          const std::vector<std::uint8_t>& labels,
                                          const Augmentation& augmentation) {
  Model<Net> model(Seed{3});
  Team team(2);
  Trainer<Net, 64> trainer(model, {.learning_rate = 0.1f, .augmentation = augmentation}, team);
  std::vector<float> found;
  for (std::size_t first = 0; first < pictures.count(); first += 64) {
    const std::size_t count = std::min<std::size_t>(64, pictures.count() - first);
    found.push_back(
        trainer.step({pictures.slice(first, count), std::span(labels).subspan(first, count)}).loss);
  }
  for (const Prediction& best : Evaluator<Net>(model, team).predictions(pictures)) {
    found.push_back(best.probability);
  }
  return found;
}

TEST_CASE("Floats that are read in place give what copies of them give, and stay what they were") {
  on_every_target([] {
    const auto check = []<class Net>(const Augmentation& augmentation) {
      const Samples<Net> samples(150);
      const std::vector<float> before = samples.values;
      const Pictures in_place(samples.values, Net::Input::size);
      const Pictures copied(std::as_bytes(std::span(samples.values)), Net::Input::size);
      REQUIRE(in_place.in_place() == samples.values.data());
      REQUIRE(copied.in_place() == nullptr);
      CHECK(losses_and_predictions<Net>(in_place, samples.labels, augmentation) ==
            losses_and_predictions<Net>(copied, samples.labels, augmentation));
      CHECK(samples.values == before);
    };
    using Rectified = Network<Input<32>, ReLU, Dense<10>>;  // its first layer works in place
    using Convolved = Network<Input<8, 8, 1>, Conv2D<6, 5>, ReLU, Dense<10>>;
    using Pooled = Network<Input<8, 8, 1>, MaxPool2D<2>, Dense<10>>;
    // Rows of floats are nearer than the samples of these.
    using Padded = Network<Input<25>, Dense<10>>;
    using Aliased = Network<Input<1024>, Dense<10>>;
    check.template operator()<Rectified>({});
    check.template operator()<Convolved>({});
    check.template operator()<Convolved>({.shift = 1});
    check.template operator()<Pooled>({});
    check.template operator()<Padded>({});
    check.template operator()<Aliased>({});
  });
}

TEST_CASE("A byte is the same float in vectors and alone") {
  on_every_target([] {
    using Copy = Network<Input<256>, Dense<256>>;
    std::vector<float> identity(256 * 256);
    std::vector<std::uint8_t> bytes(256);
    for (std::size_t i = 0; i < 256; ++i) {
      identity[i * 256 + i] = 1;
      bytes[i] = static_cast<std::uint8_t>(i);
    }
    Model<Copy> model;
    model.set<0>("kernel", identity);
    Workspace<Copy, 1> workspace;
    model.infer(Pictures(bytes, 256), 0, 1, workspace);
    for (std::size_t i = 0; i < 256; ++i) CHECK(workspace.output(0)[i] == float_of(bytes[i]));
  });
}

TEST_CASE("Predictions are the most probable classes, for any number of threads") {
  on_every_target([] {
    Model<Logistic> model(Seed{1}, Initializer{.stddev = 1.0f});
    const Samples<Logistic> samples(101);
    const Pictures pictures = samples.first(101).pictures;
    for (int threads : {1, 3}) {
      Team team(threads);
      const auto all = Evaluator<Logistic>(model, team).predictions(pictures);
      REQUIRE(all.size() == 101);
      for (std::size_t i = 0; i < all.size(); ++i) {
        const auto p = model.predict(pictures.slice(i, 1));
        const auto best = std::max_element(p.begin(), p.end());
        CHECK(all[i].label == best - p.begin());
        CHECK(all[i].probability == Catch::Approx(*best));
      }
    }
    CHECK(Evaluator<Logistic>(model).predictions(pictures.slice(0, 0)).empty());
    CHECK_THROWS_AS(Evaluator<Logistic>(model).predictions(Pictures(samples.values, 5)), Error);
  });
}

TEST_CASE("Initial values: truncated normal weights, a constant for each layer's bias") {
  const Model<Perceptron> model(Seed{9}, Initializer{.stddev = 0.1f, .biases = {0, 1, 0.5f}});
  CHECK(model.get<0>("bias") == std::vector<float>(40, 0));
  CHECK(model.get<3>("bias") == std::vector<float>(33, 1));
  CHECK(model.get<5>("bias") == std::vector<float>(10, 0.5f));
  double squares = 0;
  for (float w : model.get<0>("kernel")) {
    CHECK(std::abs(w) <= 0.2f);
    squares += static_cast<double>(w * w);
  }
  CHECK(std::sqrt(squares / 1200) == Catch::Approx(0.088).epsilon(0.1));
  CHECK(model.get<0>("kernel") != model.get<3>("kernel"));
  CHECK(model.get<0>("kernel") != Model<Perceptron>(Seed{10}).get<0>("kernel"));
}

TEST_CASE("A variable set in TensorFlow's order is read back") {
  Model<Convolutions> model;
  std::vector<float> kernel(3 * 3 * 16 * 7);
  for (std::size_t i = 0; i < kernel.size(); ++i) kernel[i] = static_cast<float>(i);
  model.set<3>("kernel", kernel);
  CHECK(model.get<3>("kernel") == kernel);
  kernel.pop_back();
  CHECK_THROWS_WITH(model.set<3>("kernel", kernel),
                    "3_conv2d.kernel: requires 1008 values, 1007 came; give all of them");
}

TEST_CASE("What does not suit the network is refused in a sentence") {
  Model<Logistic> model;
  Trainer<Logistic, 16> trainer(model, {});
  const Samples<Logistic> samples(17);
  CHECK_THROWS_WITH(
      trainer.step(samples),
      "minibatch: requires 1 to 16 samples, 17 came; change the trainer's batch, or the "
      "minibatch");
  CHECK_THROWS_AS(trainer.step(samples.first(0)), Error);
  const std::vector<std::uint8_t> wrong{3, 10};
  CHECK_THROWS_WITH(trainer.step({samples.first(2).pictures, wrong}),
                    "labels: requires labels below 10, the number of outputs, 10 came at 1; give "
                    "the network more outputs");
  CHECK_THROWS_AS(evaluate(model, {samples.first(2).pictures, wrong}), Error);
  CHECK_THROWS_WITH(
      model.predict(std::span(samples.values).first(24)),
      "pictures: requires 25 values each, the network's input, 24 came; give it pictures of "
      "that size");
  CHECK_THROWS_WITH(Model<Logistic>(Seed{}, Initializer{.biases = {1, 2}}),
                    "initial values: requires one bias for each of the 1 layers that have them, 2 "
                    "came; list one for each, or none for zeros");
  setenv("ETCH_SIMD", "MMX", 1);
  CHECK_THROWS_WITH(Model<Logistic>(),
                    Catch::Matchers::ContainsSubstring("ETCH_SIMD asks for MMX"));
  unsetenv("ETCH_SIMD");
}

TEST_CASE("The summary lists the layers") {
  CHECK(summary<Logistic>() ==
        "Layer    Output shape  Parameters  FLOPs forward  Output bytes\n"
        "--------------------------------------------------------------\n"
        "input    5 x 5 x 1              0              0           128\n"
        "0_dense  10                   260            500            64\n"
        "--------------------------------------------------------------\n"
        "total                         260            500           192\n");
}

TEST_CASE("The summary of a network that is rewritten shows what is executed, too") {
  const std::string text = summary<Network<Input<8>, Dense<4>, ReLU, ReLU, Dense<2>>>();
  CHECK(text.find("As executed") == std::string::npos);
  using Net = Network<Input<4, 4, 1>, ReLU, MaxPool2D<2>, Dense<2>>;
  CHECK(summary<Net>() ==
        "Layer         Output shape  Parameters  FLOPs forward  Output bytes\n"
        "-------------------------------------------------------------------\n"
        "input         4 x 4 x 1              0              0            64\n"
        "0_relu        4 x 4 x 1              0              0            64\n"
        "1_max_pool2d  2 x 2 x 1              0              0            64\n"
        "2_dense       2                     10             16            64\n"
        "-------------------------------------------------------------------\n"
        "total                               10             16           256\n"
        "\n"
        "As executed        Output shape  Parameters  FLOPs forward  Output bytes\n"
        "------------------------------------------------------------------------\n"
        "input              4 x 4 x 1              0              0            64\n"
        "1_max_pool2d+relu  2 x 2 x 1              0              0            64\n"
        "2_dense            2                     10             16            64\n"
        "------------------------------------------------------------------------\n"
        "total                                    10             16           192\n");
}

TEST_CASE("Restored parameters heal a model that has diverged") {
  on_every_target([] {
    Model<Perceptron> model;
    std::vector<std::vector<float>> kept{model.get<0>("kernel"), model.get<0>("bias"),
                                         model.get<3>("kernel"), model.get<3>("bias"),
                                         model.get<5>("kernel"), model.get<5>("bias")};
    Trainer<Perceptron, 16> trainer(model, {.learning_rate = 1e30f});
    const Samples<Perceptron> samples(16);
    Metrics metrics;
    for (int step = 0; step < 4; ++step) metrics = trainer.step(samples);
    CHECK(std::isnan(metrics.loss));  // ReLU lets it be seen
    CHECK(std::isnan(model.predict(std::span(samples.values).first(30))[0]));
    model.set<0>("kernel", kept[0]);
    model.set<0>("bias", kept[1]);
    model.set<3>("kernel", kept[2]);
    model.set<3>("bias", kept[3]);
    model.set<5>("kernel", kept[4]);
    model.set<5>("bias", kept[5]);
    std::vector<float> gradients(model.parameters().size());
    const Metrics again = trainer.compute_gradients(samples, gradients);
    CHECK(again.loss < 10);
    for (float gradient : gradients) REQUIRE(std::isfinite(gradient));
  });
}

TEST_CASE("Samples without labels, options without sense, variables without a name") {
  Model<Logistic> model;
  const Samples<Logistic> samples(4);
  CHECK_THROWS_WITH(evaluate(model, {samples.first(4).pictures, {}}),
                    "labels: requires one for each of 4 pictures, 0 came; give pictures and labels "
                    "of the same samples");
  using Options = Trainer<Logistic, 4>::Options;
  for (const Options& options :
       {Options{.learning_rate = -1}, Options{.learning_rate = exponential_decay(1, 0, 0.5f)},
        Options{.l2 = std::nanf("")}, Options{.dropout = 1.0f}}) {
    CHECK_THROWS_AS((Trainer<Logistic, 4>(model, options)), Error);
  }
  CHECK_THROWS_WITH(model.get<0>("weights"),
                    "0_dense.weights: requires the name of a variable, weights came; use kernel or "
                    "bias");
  CHECK_THROWS_AS(Pictures(samples.values, 0), Error);
  CHECK_THROWS_AS(Pictures(samples.values, 7), Error);
  CHECK_THROWS_WITH(model.predict(samples.first(2).pictures),
                    "predict: requires one picture, 2 came; call it for each");
  CHECK_THROWS_AS(model.predict(std::span<const float>{}), Error);
}
