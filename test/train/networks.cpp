// Whole networks: their gradients against an oracle in double precision, their update, and that
// neither threads nor SIMD targets nor batches change what they should not.

#define ETCH_LAYERS "laws/passes-inl.hpp"
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "allocations.hpp"
#include "catch.hpp"
#include "laws/oracle.hpp"

using namespace etch;
using etch::test::NetworkOracle;
using etch::test::Reals;

namespace {

using Convolutions =
    Network<Input<14, 13, 1>, Conv2D<16, 5, Same, 2>, ReLU, MaxPool2D<2>, Conv2D<7, 3, Valid>, ReLU,
            Dropout<0.25f>, Dense<20>, ReLU, Dropout<0.5f>, Dense<10>>;
using Perceptron = Network<Input<30>, Dense<40>, ReLU, Dropout<>, Dense<33>, ReLU, Dense<10>>;
using Logistic = Network<Input<5, 5, 1>, Dense<10>>;

/// Pictures and labels for a network, the same each time.
template <class Net>
struct Samples {
  explicit Samples(std::size_t count) : values(count * Net::Input::size), labels(count) {
    const RandomStream stream{11, Purpose::shuffle, 0, 0};
    for (std::uint32_t i = 0; i < values.size(); ++i) values[i] = uniform(stream.word(i)) - 0.5f;
    for (std::uint32_t i = 0; i < count; ++i) {
      labels[i] = static_cast<std::uint8_t>(below(10, stream.word(1'000'000 + i)));
    }
  }

  operator Minibatch() const { return first(labels.size()); }
  Minibatch first(std::size_t count) const {
    return {Pictures(values, Net::Input::size).slice(0, count), std::span(labels).first(count)};
  }
  Reals sample(std::size_t i) const {
    const float* from = &values[i * Net::Input::size];
    return Reals(from, from + Net::Input::size);
  }

  std::vector<float> values;
  std::vector<std::uint8_t> labels;
};

/// Runs `body` once for each SIMD target of this processor; models made in it are for that one.
template <class Body>
void on_every_target(const Body& body) {
  for (const simd::Target& target : simd::compiled) {
    if (!simd::supports(target)) continue;
    setenv("ETCH_SIMD", std::string(target.name()).c_str(), 1);
    INFO("target " << target.name());
    body();
  }
  unsetenv("ETCH_SIMD");
}

template <class Net>
double mean_loss(const NetworkOracle<Net>& oracle, const Samples<Net>& samples, std::uint64_t seed,
                 float dropout, std::uint32_t step) {
  double sum = 0;
  for (std::size_t i = 0; i < samples.labels.size(); ++i) {
    Context context;
    context.training = true;
    context.dropout_rate = dropout;
    context.seed = seed;
    context.step = step;
    context.first_row = static_cast<std::uint32_t>(i);
    sum += oracle.loss(context, samples.sample(i), samples.labels[i]);
  }
  return sum / static_cast<double>(samples.labels.size());
}

/// Every variable's gradient against finite differences of the oracle's mean loss.
template <class Net, int Batch>
void gradients_are_differences(std::size_t count, float dropout) {
  on_every_target([&] {
    // Biases keep a unit whose inputs are all dropped away from the kink of its ReLU.
    std::vector<float> biases;
    Net::for_each_step([&]<class Step>() {
      if (Step::has_variables) biases.push_back(0.1f);
    });
    Model<Net> model(Seed{3}, Initial{.deviation = 0.3f, .biases = biases});
    Trainer<Net, Batch> trainer(model, {.dropout = dropout});
    const Samples<Net> samples(count);
    const Metrics metrics = trainer.gradients(samples);
    NetworkOracle<Net> oracle(model);
    CHECK(static_cast<double>(metrics.loss) ==
          Catch::Approx(mean_loss(oracle, samples, 3, dropout, 0)).epsilon(1e-5));

    Net::for_each_step([&]<class Step>() {
      for (std::size_t v = 0; v < Step::variables.size(); ++v) {
        const auto found =
            Model<Net>::template read<Step::index>(trainer.parameter_gradients().data(), v);
        INFO(std::string_view(Step::name) << "." << Step::variables[v].name);
        double difference = 0, norm = 0;
        for (std::size_t i = 0; i < found.size(); i += found.size() / 12 + 1) {
          double& parameter = oracle.variables[Step::index][v][i];
          const double held = parameter, h = 1e-6;
          parameter = held + h;
          const double above = mean_loss(oracle, samples, 3, dropout, 0);
          parameter = held - h;
          const double below = mean_loss(oracle, samples, 3, dropout, 0);
          parameter = held;
          const double slope = (above - below) / (2 * h);
          difference += std::pow(static_cast<double>(found[i]) - slope, 2);
          norm += slope * slope;
        }
        CHECK(norm > 0);
        CHECK(std::sqrt(difference) <= 2e-5 * std::sqrt(norm));
      }
    });
  });
}

/// The parameters after some steps with a full batch and a remainder.
template <class Net, int Batch>
std::vector<float> trained(int threads, std::vector<Metrics>* metrics = nullptr) {
  Team team(threads);
  Model<Net> model(Seed{5}, Initial{.deviation = 0.3f});
  Trainer<Net, Batch> trainer(model, {.learning_rate = 0.1f, .l2 = 0.01f}, team);
  const Samples<Net> samples(Batch);
  for (int count : {Batch, Batch, Batch - 3, 1, Batch}) {
    const Metrics here = trainer.step(samples.first(static_cast<std::size_t>(count)));
    if (metrics != nullptr) metrics->push_back(here);
  }
  return {model.parameters().begin(), model.parameters().end()};
}

}  // namespace

TEST_CASE("Gradients of whole networks are the differences of their loss") {
  gradients_are_differences<Convolutions, 16>(16, -1);
  gradients_are_differences<Convolutions, 16>(11, 0.5f);
  gradients_are_differences<Perceptron, 40>(40, -1);
  gradients_are_differences<Perceptron, 40>(21, 0);
  gradients_are_differences<Logistic, 40>(33, -1);
}

TEST_CASE("SGD moves weights by rate * (gradient + l2 * weight), biases by rate * gradient") {
  on_every_target([] {
    Model<Perceptron> model(Seed{5}, Initial{.deviation = 0.3f, .biases = {1, 2, 3}});
    Trainer<Perceptron, 16> trainer(
        model, {.learning_rate = LearningRate(0.5f, 0.9f, 2), .l2 = 0.05f, .dropout = 0});
    const Samples<Perceptron> samples(16);
    for (int step = 0; step < 3; ++step) {
      const NetworkOracle<Perceptron> before(model);
      const float data_loss = trainer.gradients(samples).loss;
      const std::vector<float> gradient(trainer.parameter_gradients().begin(),
                                        trainer.parameter_gradients().end());
      const Metrics metrics = trainer.step(samples);
      const double rate = 0.5 * std::pow(0.9, step / 2.0);
      double squares = 0;
      Perceptron::for_each_step([&]<class Step>() {
        for (std::size_t v = 0; v < Step::variables.size(); ++v) {
          const auto g = Model<Perceptron>::read<Step::index>(gradient.data(), v);
          const auto after = model.template get<Step::index>(v);
          const double l2 = Step::variables[v].is_weight ? 0.05 : 0;
          for (std::size_t i = 0; i < after.size(); ++i) {
            const double w = before.variables[Step::index][v][i];
            if (l2 > 0) squares += w * w;
            const double expected = w - rate * (static_cast<double>(g[i]) + l2 * w);
            REQUIRE(std::abs(static_cast<double>(after[i]) - expected) < 1e-6);
          }
        }
      });
      CHECK(static_cast<double>(metrics.loss) ==
            Catch::Approx(static_cast<double>(data_loss) + 0.05 * squares / 2).epsilon(1e-5));
    }
    CHECK(trainer.steps() == 3);
  });
}

TEST_CASE("Same bits for 1, 2 and 3 threads") {
  on_every_target([] {
    std::vector<Metrics> metrics, others;
    const auto alone = trained<Convolutions, 16>(1, &metrics);
    for (int threads : {2, 3}) {
      others.clear();
      const auto together = trained<Convolutions, 16>(threads, &others);
      CHECK(std::memcmp(alone.data(), together.data(), sizeof(float) * alone.size()) == 0);
      CHECK(std::memcmp(metrics.data(), others.data(), sizeof(Metrics) * metrics.size()) == 0);
      CHECK(trained<Perceptron, 100>(1) == trained<Perceptron, 100>(threads));
    }
  });
}

TEST_CASE("SIMD targets agree, dropout's masks included") {
  std::vector<std::vector<float>> results;
  on_every_target([&] { results.push_back(trained<Convolutions, 16>(1)); });
  for (const auto& result : results) {
    double difference = 0, norm = 0;
    for (std::size_t i = 0; i < result.size(); ++i) {
      difference +=
          std::pow(static_cast<double>(result[i]) - static_cast<double>(results[0][i]), 2);
      norm += std::pow(static_cast<double>(result[i]), 2);
    }
    CHECK(std::sqrt(difference) <= 1e-5 * std::sqrt(norm));
  }
}

TEST_CASE("Nothing allocates after construction") {
  for (int threads : {1, 2}) {
    Team team(threads);
    Model<Convolutions> model;
    Trainer<Convolutions, 16> trainer(model, {}, team);
    Evaluator<Convolutions> evaluator(model, team);
    const Samples<Convolutions> samples(100);
    const long before = test::allocations();
    for (std::size_t count : {16u, 5u}) trainer.step(samples.first(count));
    CHECK(evaluator.accuracy(samples) >= 0);
    CHECK(model.predict(std::span(samples.values).first(182)).size() == 10);
    CHECK(test::allocations() == before);
  }
  const long before = test::allocations();  // the counter counts
  std::vector<int> some(100);
  CHECK(test::allocations() > before);
}

TEST_CASE("Accuracy counts the samples whose label has the largest output") {
  on_every_target([] {
    Model<Logistic> model(Seed{1}, Initial{.deviation = 1.0f});
    const Samples<Logistic> samples(101);
    const NetworkOracle<Logistic> oracle(model);
    int right = 0;
    for (std::size_t i = 0; i < samples.labels.size(); ++i) {
      const Reals logits = oracle.forward(Context(), samples.sample(i));
      right += std::max_element(logits.begin(), logits.end()) - logits.begin() == samples.labels[i];
    }
    for (int threads : {1, 3}) {
      Team team(threads);
      CHECK(evaluate(model, samples, team).accuracy == Catch::Approx(right / 101.0));
    }
    Trainer<Logistic, 128> trainer(model, {});
    CHECK(trainer.gradients(samples).accuracy == Catch::Approx(right / 101.0));
    CHECK(evaluate(model, samples.first(0)).accuracy == 0);
  });
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

TEST_CASE("The loss stays a number where logits are huge") {
  on_every_target([] {
    Model<Logistic> model(Seed{1}, Initial{.deviation = 1e4f});
    Trainer<Logistic, 16> trainer(model, {});
    const Metrics metrics = trainer.step(Samples<Logistic>(16));
    CHECK(std::isfinite(metrics.loss));
    CHECK(metrics.loss > 1000);
    for (float w : model.parameters()) REQUIRE(std::isfinite(w));
  });
}

TEST_CASE("Initial values: truncated normal weights, a constant for each layer's bias") {
  const Model<Perceptron> model(Seed{9}, Initial{.deviation = 0.1f, .biases = {0, 1, 0.5f}});
  CHECK(model.get<0>(1) == std::vector<float>(40, 0));
  CHECK(model.get<3>(1) == std::vector<float>(33, 1));
  CHECK(model.get<5>(1) == std::vector<float>(10, 0.5f));
  double squares = 0;
  for (float w : model.get<0>(0)) {
    CHECK(std::abs(w) <= 0.2f);
    squares += static_cast<double>(w * w);
  }
  CHECK(std::sqrt(squares / 1200) == Catch::Approx(0.088).epsilon(0.1));
  CHECK(model.get<0>(0) != model.get<3>(0));
  CHECK(model.get<0>(0) != Model<Perceptron>(Seed{10}).get<0>(0));
}

TEST_CASE("A variable set in TensorFlow's order is read back") {
  Model<Convolutions> model;
  std::vector<float> kernel(3 * 3 * 16 * 7);
  for (std::size_t i = 0; i < kernel.size(); ++i) kernel[i] = static_cast<float>(i);
  model.set<3>(0, kernel);
  CHECK(model.get<3>(0) == kernel);
  kernel.pop_back();
  CHECK_THROWS_WITH(model.set<3>(0, kernel),
                    "3_conv2d.kernel: has 1008 values, 1007 came; give all of them");
}

TEST_CASE("What does not suit the network is refused in a sentence") {
  Model<Logistic> model;
  Trainer<Logistic, 16> trainer(model, {});
  const Samples<Logistic> samples(17);
  CHECK_THROWS_WITH(trainer.step(samples),
                    "minibatch: requires 1 to 16 pictures and a label for each, 17 pictures and 17 "
                    "labels came; change the trainer's batch, or the minibatch");
  CHECK_THROWS_AS(trainer.step(samples.first(0)), Error);
  const std::vector<std::uint8_t> wrong{3, 10};
  CHECK_THROWS_WITH(trainer.step({samples.first(2).pictures, wrong}),
                    "minibatch: requires labels below 10, the number of outputs, 10 came at 1; "
                    "give the network an output more");
  CHECK_THROWS_WITH(model.predict(std::span(samples.values).first(24)),
                    "pictures: the network reads 25 values each, these have 24; give it pictures "
                    "of its input's size");
  CHECK_THROWS_WITH(Model<Logistic>(Seed{}, Initial{.biases = {1, 2}}),
                    "initial values: requires one bias for each of the 1 layers that have them, 2 "
                    "came; list one for each, or none for zeros");
  setenv("ETCH_SIMD", "MMX", 1);
  CHECK_THROWS_WITH(Model<Logistic>(),
                    Catch::Matchers::ContainsSubstring("ETCH_SIMD asks for MMX"));
  unsetenv("ETCH_SIMD");
}

TEST_CASE("The learning rate decays continuously") {
  CHECK(LearningRate(0.5f).at(7000) == 0.5f);
  const LearningRate decaying(0.5f, 0.9f, 1000);
  CHECK(decaying.at(0) == 0.5f);
  CHECK(decaying.at(500) == Catch::Approx(0.5 * std::sqrt(0.9)));
  CHECK(decaying.at(2000) == Catch::Approx(0.5 * 0.81));
}

TEST_CASE("The summary lists the layers") {
  CHECK(summary<Logistic>() ==
        "Layer    Output shape  Parameters  FLOPs  Bytes\n"
        "-----------------------------------------------\n"
        "input    5 x 5 x 1              0      0    100\n"
        "0_dense  10                   260    500     40\n"
        "-----------------------------------------------\n"
        "total                         260    500    140\n");
}
