// Whole networks: their gradients against an oracle in double precision, their update, and that
// neither threads nor SIMD targets nor batches change what they should not.

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "allocations.hpp"
#include "train/samples.hpp"

using namespace etch;
using namespace etch::test;

namespace {

template <class Net>
double mean_loss(const NetworkOracle<Net>& oracle, const Samples<Net>& samples, std::uint64_t seed,
                 std::optional<float> dropout, std::uint32_t step) {
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
void gradients_are_differences(std::size_t count, std::optional<float> dropout) {
  on_every_target([&] {
    // Biases keep a unit whose inputs are all dropped away from the kink of its ReLU.
    std::vector<float> biases;
    Net::for_each_step([&]<class Step>() {
      if (Step::has_variables) biases.push_back(0.1f);
    });
    Model<Net> model(Seed{3}, Initializer{.stddev = 0.3f, .biases = biases});
    typename Trainer<Net, Batch>::Options options;
    if (dropout) options.dropout = *dropout;
    Trainer<Net, Batch> trainer(model, options);
    const Samples<Net> samples(count);
    std::vector<float> gradients(model.parameters().size());
    const Metrics metrics = trainer.compute_gradients(samples, gradients);
    NetworkOracle<Net> oracle(model);
    CHECK(static_cast<double>(metrics.loss) ==
          Catch::Approx(mean_loss(oracle, samples, 3, dropout, 0)).epsilon(1e-5));

    Net::for_each_step([&]<class Step>() {
      for (std::size_t v = 0; v < Step::variables.size(); ++v) {
        const auto found =
            Model<Net>::template read<Step::index>(gradients.data(), Step::variables[v].name);
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
  Model<Net> model(Seed{5}, Initializer{.stddev = 0.3f});
  Trainer<Net, Batch> trainer(model, {.learning_rate = 0.1f, .l2 = 0.01f}, team);
  const Samples<Net> samples(Batch);
  for (int count : {Batch, Batch, Batch - 3, 1, Batch}) {
    const Metrics here = trainer.step(samples.first(static_cast<std::size_t>(count)));
    if (metrics != nullptr) metrics->push_back(here);
  }
  return {model.parameters().begin(), model.parameters().end()};
}

/// What a model and its trainer hold is what the type says.
template <class Net, int Batch, class Optimizer>
void holds_what_it_says() {
  const long before = held_bytes();
  Model<Net> model;
  CHECK(static_cast<std::size_t>(held_bytes() - before) == Net::template inference_bytes<1>);
  Trainer<Net, Batch, Optimizer> trainer(model, {});
  CHECK(static_cast<std::size_t>(held_bytes() - before) ==
        Net::template training_bytes<Batch, Optimizer>);
  const long parameters = 4 * static_cast<long>(model.parameters().size());
  const long trained = held_bytes();
  Workspace<Net, 5> workspace;
  CHECK(static_cast<std::size_t>(held_bytes() - trained + parameters) ==
        Net::template inference_bytes<5>);
}

/// A pass that reads what pads a sample finds zeros, whatever the workspace held.
using Pooled = Network<Input<9, 7, 3>, MaxPool2D<3, 2, Same>, ReLU, Dense<10>>;

template <class Net>
void outputs_are_the_same_in_any_workspace() {
  Model<Net> model;
  const Samples<Net> samples(40);
  const Pictures pictures = samples.first(40).pictures;
  Workspace<Net, 40> all;
  model.infer(pictures, 0, 40, all);
  Workspace<Net, 7> few;
  for (float& number : few.activations.span()) number = std::nanf("");
  for (int first = 0; first < 40; first += 7) {
    const int rows = std::min(7, 40 - first);
    model.infer(pictures, static_cast<std::size_t>(first), rows, few);
    for (int row = 0; row < rows; ++row) {
      CHECK(std::equal(few.output(row), few.output(row) + 10, all.output(first + row)));
    }
  }
}

/// softmax_cross_entropy of `rows` samples against the same in double precision. Of the logits,
/// some of which are equal, the last of a sample in the middle may be NaN or infinite: so that
/// sample's loss is no number, as TensorFlow's, and all others' are.
template <int Classes>
void losses_are_right(int rows, std::optional<float> bad) {
  using Out = Shape<Classes>;
  const RandomStream stream{2, Purpose::shuffle, 0, 0};
  const auto place = [](int row, int i) { return static_cast<std::size_t>(row * Out::stride + i); };
  std::vector<std::uint8_t> labels(static_cast<std::size_t>(rows)), correct(labels.size() + 1, 7);
  Buffer logits(place(rows, 0)), gradient(place(rows + 1, 0)), losses(correct.size());
  for (int row = 0; row < rows; ++row) {
    for (int i = 0; i < Classes; ++i) {
      logits.data()[place(row, i)] =
          std::round(8 * uniform(stream.word(static_cast<std::uint32_t>(place(row, i))))) - 3;
    }
    labels.data()[row] = static_cast<std::uint8_t>(7 * row % Classes);
  }
  if (bad) logits.data()[place(rows / 2, Classes - 1)] = *bad;
  std::fill_n(&gradient.data()[place(rows, 0)], Out::stride, 5.0f);
  losses.data()[rows] = 5;

  ETCH_DISPATCH(simd::choose().id, softmax_cross_entropy<Out>)
  (logits.data(), labels.data(), 0.25f, gradient.data(), losses.data(), correct.data(), rows);

  for (int row = 0; row < rows; ++row) {
    const float* z = logits.data() + place(row, 0);
    const float* dz = gradient.data() + place(row, 0);
    INFO(Classes << " classes, sample " << row << " of " << rows);
    for (int i = Classes; i < Out::stride; ++i) CHECK(dz[i] == 0);
    if (bad && row == rows / 2) {
      CHECK(std::isnan(losses.data()[row]));
      CHECK(std::isnan(dz[0]));
      continue;
    }
    const int label = labels.data()[row];
    double sum = 0;
    for (int i = 0; i < Classes; ++i) sum += std::exp(static_cast<double>(z[i] - z[label]));
    CHECK(static_cast<double>(losses.data()[row]) == Catch::Approx(std::log(sum)).margin(1e-6));
    CHECK(correct.data()[row] == (std::max_element(z, z + Classes) == z + label));
    double worst = 0;
    for (int i = 0; i < Classes; ++i) {
      const double p = std::exp(static_cast<double>(z[i] - z[label])) / sum;
      const double expected = 0.25 * (p - (i == label ? 1 : 0));
      worst = std::max(worst, std::abs(static_cast<double>(dz[i]) - expected));
    }
    CHECK(worst < 1e-7);
  }
  for (int i = 0; i < Out::stride; ++i) CHECK(gradient.data()[place(rows, i)] == 5);
  CHECK(losses.data()[rows] == 5);
  CHECK(correct.data()[rows] == 7);
}

}  // namespace

TEST_CASE("Gradients of whole networks are the differences of their loss") {
  gradients_are_differences<Convolutions, 16>(16, std::nullopt);
  gradients_are_differences<Convolutions, 16>(11, 0.5f);
  gradients_are_differences<Perceptron, 40>(40, std::nullopt);
  gradients_are_differences<Perceptron, 40>(21, 0);
  gradients_are_differences<Perceptron, 300>(80, std::nullopt);
  gradients_are_differences<Logistic, 200>(161, std::nullopt);  // three tiles of samples
}

TEST_CASE("Same bits for 1, 2 and 3 threads") {
  on_every_target([] {
    std::vector<Metrics> metrics, others;
    const auto alone = trained<Convolutions, 16>(1, &metrics);
    for (int threads : {2, 3}) {
      others.clear();
      const auto together = trained<Convolutions, 16>(threads, &others);
      CHECK(std::memcmp(alone.data(), together.data(), sizeof(float) * alone.size()) == 0);
      CHECK(metrics == others);
      CHECK(trained<Perceptron, 300>(1) == trained<Perceptron, 300>(threads));
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
    Workspace<Convolutions> workspace;
    const Samples<Convolutions> samples(100);
    const long before = allocations();
    for (std::size_t count : {16u, 5u}) trainer.step(samples.first(count));
    CHECK(evaluator.accuracy(samples) >= 0);
    CHECK(model.predict(std::span(samples.values).first(182)).size() == 10);
    model.infer(samples.first(16).pictures, 2, 14, workspace);
    CHECK(allocations() == before);
  }
  const long before = allocations();  // the counter counts
  std::vector<int> some(100);
  CHECK(allocations() > before);
}

TEST_CASE("The bytes of a type are those on the heap") {
  holds_what_it_says<Convolutions, 16, SGD>();
  holds_what_it_says<Convolutions, 3, Adam>();
  holds_what_it_says<Perceptron, 40, Momentum>();
  holds_what_it_says<Logistic, 1, SGD>();
}

TEST_CASE("Outputs do not depend on the workspace's rows, nor on what lay there before") {
  on_every_target([] {
    outputs_are_the_same_in_any_workspace<Convolutions>();
    outputs_are_the_same_in_any_workspace<Logistic>();
    outputs_are_the_same_in_any_workspace<Pooled>();
  });
}

TEST_CASE("Losses are right, however many classes and samples there are") {
  on_every_target([] {
    for (std::optional<float> bad : {std::optional<float>(), std::optional(std::nanf("")),
                                     std::optional(std::numeric_limits<float>::infinity())}) {
      for (int rows : {1, 3, 16, 21}) {
        losses_are_right<1>(rows, bad);
        losses_are_right<2>(rows, bad);
        losses_are_right<10>(rows, bad);
        losses_are_right<16>(rows, bad);
        losses_are_right<37>(rows, bad);
      }
    }
  });
}

TEST_CASE("The loss stays a number where logits are huge") {
  on_every_target([] {
    Model<Logistic> model(Seed{1}, Initializer{.stddev = 1e4f});
    Trainer<Logistic, 16> trainer(model, {});
    const Metrics metrics = trainer.step(Samples<Logistic>(16));
    CHECK(std::isfinite(metrics.loss));
    CHECK(metrics.loss > 1000);
    for (float w : model.parameters()) REQUIRE(std::isfinite(w));
  });
}

TEST_CASE("Models of different threads need no team, and get none of each other's") {
  const auto alone = trained<Convolutions, 16>(1);
  std::vector<std::vector<float>> results(4);
  std::vector<std::thread> threads;
  for (auto& result : results) {
    threads.emplace_back([&] {
      Model<Convolutions> model(Seed{5}, Initializer{.stddev = 0.3f});
      Trainer<Convolutions, 16> trainer(model, {.learning_rate = 0.1f, .l2 = 0.01f});
      const Samples<Convolutions> samples(16);
      for (std::size_t count : {16u, 16u, 13u, 1u, 16u}) trainer.step(samples.first(count));
      result.assign(model.parameters().begin(), model.parameters().end());
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const auto& result : results) CHECK(result == alone);
}
