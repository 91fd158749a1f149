// The course's models, each from its own source, at the service of bench/models.py: trains and
// infers as asked, one request a line on standard input, one line of JSON for an answer.
//
//   bench_worker MODEL [--init FILE] [--threads N] [--data PATH]
//
//   losses N     those of the first N steps, without dropout
//   logits N     of the first N pictures of the test, before any training
//   step N       seconds that N more training steps take
//   infer N      seconds that N passes over a thousand pictures take
//   latency N    seconds that each of N pictures takes alone
//   profile N    N times how many times as long steps take with a profile as without, in turn
//   peak N       N probes of what all threads can do at most, floating-point operations per second

#include "course_models.hpp"

#include <chrono>
#include <cstdio>
#include <iostream>
#include <map>
#include <memory>
#include <numeric>
#include <optional>
#include <string>
#include <vector>

#include "etch/app/program.hpp"
#include "etch/io/checkpoint.hpp"
#include "etch/kernel/peak-inl.hpp"

namespace {

constexpr std::size_t inferred = 1'000;  // pictures in a pass of inference
constexpr int profiled = 70;             // steps with a profile in turn with as many without

template <class Work>
double seconds(Work&& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// A model with its data, ready for any request.
template <class Net, int Batch, class Optimizer>
class Worker {
 public:
  Worker(const app::Settings& settings, const app::Options& options, const Optimizer& optimizer)
      : settings_(settings),
        options_(options),
        optimizer_(optimizer),
        data_(load_dataset(options.data, options.split)),
        team_(options.threads),
        model_(Seed{options.seed}, settings.initializer),
        trainer_(model_, training({}), team_),
        evaluator_(model_, team_) {
    begin(model_);
    if (data_.test.size() < inferred) {
      throw Error("data", "requires " + std::to_string(inferred) + " pictures for the test, " +
                              std::to_string(data_.test.size()) + " came; choose other data");
    }
  }

  /// Throws Error where it is none.
  std::vector<double> answer(const std::string& request, int count) {
    if (request == "losses") return losses(count);
    if (request == "logits") return logits(count);
    if (request == "step") return {step(count)};
    if (request == "infer") return {infer(count)};
    if (request == "latency") return latency(count);
    if (request == "profile") return profile(count);
    if (request == "peak") return peaks(count);
    throw Error("worker", "requires a request that it knows, " + request +
                              " came; see the top of bench/worker.cpp");
  }

 private:
  typename Trainer<Net, Batch, Optimizer>::Options training(std::optional<float> dropout) const {
    return {.learning_rate = settings_.learning_rate,
            .l2 = settings_.l2,
            .weight_decay = settings_.weight_decay,
            .dropout = dropout,
            .augmentation = settings_.augmentation,
            .optimizer = optimizer_};
  }

  void begin(Model<Net>& model) const {
    if (!options_.init.empty()) etch::load(model, options_.init);
  }

  std::vector<double> losses(int count) {
    Model<Net> model(Seed{options_.seed}, settings_.initializer);
    begin(model);
    Trainer<Net, Batch, Optimizer> trainer(model, training(0.0f), team_);
    std::vector<double> found;
    while (found.size() < static_cast<std::size_t>(count)) {
      const auto minibatch = data_.train.minibatch(trainer.steps(), Batch);
      found.push_back(static_cast<double>(trainer.step(minibatch).loss));
    }
    return found;
  }

  std::vector<double> logits(int count) const {
    const auto workspace = std::make_unique<Workspace<Net>>();
    std::vector<double> found;
    for (int i = 0; i < count; ++i) {
      model_.infer(data_.test.pictures(), static_cast<std::size_t>(i), 1, *workspace);
      const float* output = workspace->output(0);
      found.insert(found.end(), output, output + Net::Output::size);
    }
    return found;
  }

  double step(int count) { return step(trainer_, count); }

  double step(Trainer<Net, Batch, Optimizer>& trainer, int count) {
    return seconds([&] {
      for (int i = 0; i < count; ++i) {
        trainer.step(data_.train.minibatch(trainer.steps(), Batch));
      }
    });
  }

  /// Who is first changes, so that a machine that slows down or warms up favours neither.
  std::vector<double> profile(int count) {
    Model<Net> one(Seed{options_.seed}, settings_.initializer);
    Model<Net> other(Seed{options_.seed}, settings_.initializer);
    auto with_profile = training({});
    with_profile.profile = true;
    Trainer<Net, Batch, Optimizer> plain(one, training({}), team_);
    Trainer<Net, Batch, Optimizer> observed(other, with_profile, team_);
    std::vector<double> found;
    for (int i = 0; i < count; ++i) {
      const double before = i % 2 == 0 ? step(plain, profiled) : 0;
      const double with = step(observed, profiled);
      found.push_back(with / (i % 2 == 0 ? before : step(plain, profiled)));
    }
    return found;
  }

  double infer(int count) {
    const Minibatch samples{data_.test.pictures().slice(0, inferred),
                            std::span(data_.test.labels).first(inferred)};
    return seconds([&] {
      for (int i = 0; i < count; ++i) used_ = evaluator_.accuracy(samples);
    });
  }

  std::vector<double> latency(int count) {
    std::vector<double> found(static_cast<std::size_t>(count));
    for (std::size_t i = 0; i < found.size(); ++i) {
      const Pictures picture = data_.test.image(i % data_.test.size());
      found[i] = seconds([&] { used_ = model_.predict(picture)[0]; });
    }
    return found;
  }

  std::vector<double> peaks(int count) {
    std::vector<double> found, each(static_cast<std::size_t>(team_.size()));
    for (int i = 0; i < count; ++i) {
      team_.run(team_.size(), [&](int tile, int) {
        each[static_cast<std::size_t>(tile)] = HWY_NAMESPACE::probe_peak();
      });
      found.push_back(std::accumulate(each.begin(), each.end(), 0.0));
    }
    return found;
  }

  app::Settings settings_;
  app::Options options_;
  Optimizer optimizer_;
  Dataset data_;
  Team team_;
  Model<Net> model_;
  Trainer<Net, Batch, Optimizer> trainer_;
  Evaluator<Net> evaluator_;
  volatile float used_ = 0;  // what is inferred is not to be left out
};

}  // namespace

template <class Net, int Batch, class Optimizer>
int measure(int argc, char** argv, const app::Settings& said, const Optimizer& optimizer) {
  return app::run_program([&] {
    app::Settings settings = said;
    app::Options options;
    if (auto done = app::read_command_line(argc, argv, {}, settings, options)) return *done;
    Worker<Net, Batch, Optimizer> worker(settings, options, optimizer);
    std::string request;
    for (int count; std::cin >> request >> count;) {
      const char* before = "[";
      for (const double number : worker.answer(request, count)) {
        std::printf("%s%.9g", before, number);
        before = ", ";
      }
      std::puts("]");
      std::fflush(stdout);
    }
    return 0;
  });
}

int main(int argc, char** argv) {
  const std::map<std::string, int (*)(int, char**)> models{{"logistic_l2", logistic_l2},
                                                           {"mlp_l2", mlp_l2},
                                                           {"conv_strided", conv_strided},
                                                           {"conv_pooled", conv_pooled},
                                                           {"lenet5", lenet5}};
  const std::string name = argc > 1 ? argv[1] : "none";
  const auto model = models.find(name);
  if (model != models.end()) return model->second(argc - 1, argv + 1);
  std::fprintf(stderr, "etch: worker: requires the name of a model, %s came; use", name.c_str());
  for (const auto& [known, run] : models) std::fprintf(stderr, " %s", known.c_str());
  std::fputs("\n", stderr);
  return 2;
}
