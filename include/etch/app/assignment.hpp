#ifndef ETCH_APP_ASSIGNMENT_HPP
#define ETCH_APP_ASSIGNMENT_HPP

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <string>

#include "etch/app/command_line.hpp"
#include "etch/app/log.hpp"
#include "etch/app/notebook.hpp"
#include "etch/app/predict.hpp"
#include "etch/app/profile.hpp"
#include "etch/app/program.hpp"
#include "etch/app/report.hpp"
#include "etch/etch.hpp"
#include "etch/io/checkpoint.hpp"
#include "etch/io/dataset.hpp"
#include "etch/io/new_file.hpp"
#include "etch/net/machine.hpp"
#include "etch/shape/text.hpp"

namespace etch::app {

/// Whether --dropout has anything to change: a layer with a rate.
template <class Net>
constexpr bool drops() {
  bool found = false;
  Net::for_each_step([&]<class Step>() {
    found |= requires {
      Step::Layer::rate;
    };
  });
  return found;
}

/// The network's input as numpy prints a shape.
template <class Net>
std::string input_shape() {
  return detail::to_text(Net::Input::extents, ", ");
}

/// Throws Error unless the pictures are what the network reads; a network that begins with a vector
/// reads them flat.
template <class Net>
void check(const Dataset& data) {
  using Input = typename Net::Input;
  const bool fits = Input::is_picture ? data.height == Input::height &&
                                            data.width == Input::width && Input::channels == 1
                                      : data.height * data.width == Input::size;
  if (fits) return;
  throw Error("data", "requires pictures of " + input_shape<Net>() + " values, " +
                          std::to_string(data.height) + ", " + std::to_string(data.width) +
                          " came; choose other data, or change the network's input");
}

/// The data that the command line asks for.
template <class Net>
Dataset load(const Settings& settings, const Options& options) {
  Dataset data = load_dataset(options.data, options.split);
  check<Net>(data);
  if (settings.train_size) data.train.keep_first(*settings.train_size);
  return data;
}

/// What the command line asks about the test besides its accuracy.
template <class Net>
void report_test(Evaluator<Net>& evaluator, const Dataset& data, const Options& options) {
  if (!options.confusion && options.mistakes.empty()) return;
  const auto predictions = evaluator.predictions(data.test.pictures());
  constexpr int classes = Net::Output::size;
  if (options.confusion) {
    std::fputs(confusion(predictions, data.test.labels, classes).c_str(), stdout);
  }
  if (!options.mistakes.empty()) {
    std::fputs(
        write_mistakes(options.mistakes, predictions, data.test, data.width, data.height, classes)
            .c_str(),
        stdout);
  }
}

/// Trains `Net` as a notebook of the course does, and prints what it prints.
template <class Net, int Batch, class Optimizer>
void train(const Settings& settings, const Options& options, const Optimizer& optimizer) {
  for (const auto& file : {options.save, options.mistakes}) {
    if (!file.empty()) detail::check_writable(file);  // not only after an hour of training
  }
  const auto pictures = read_pictures<Net>(options.predict);
  Model<Net> model(Seed{options.seed}, settings.initializer);
  if (!options.init.empty()) etch::load(model, options.init);
  const Dataset data = load<Net>(settings, options);
  Log log(options.log);

  Notebook notebook(settings.steps);
  notebook.skipped(data);
  notebook.shapes(data, input_shape<Net>(), Net::Output::size);

  Team team(options.threads);
  Trainer<Net, Batch, Optimizer> trainer(model,
                                         {.learning_rate = settings.learning_rate,
                                          .l2 = settings.l2,
                                          .weight_decay = settings.weight_decay,
                                          .dropout = options.dropout,
                                          .augmentation = settings.augmentation,
                                          .optimizer = optimizer,
                                          .profile = options.profile},
                                         team);
  Evaluator<Net> evaluator(model, team);
  notebook.initialized();
  fit(
      trainer, settings.steps,
      [&](std::uint32_t step) { return data.train.minibatch(step, Batch); },
      [&](std::uint32_t step, const Metrics& metrics) {
        if (step % settings.eval_every == 0) {
          notebook.minibatch(step, metrics);
          const Accuracy validation = evaluator.accuracy(data.validation);
          notebook.validation(validation);
          log.write(step, metrics, validation);
        }
        notebook.progress(step);
      });
  const auto finite = [](float parameter) { return std::isfinite(parameter); };
  if (settings.steps > 0 && !std::ranges::all_of(model.parameters(), finite)) notebook.diverged();
  if (!options.save.empty()) save(model, options.save);
  if (settings.steps == 0) notebook.validation(evaluator.accuracy(data.validation));
  notebook.test(evaluator.accuracy(data.test));
  report_test(evaluator, data, options);
  if (options.profile) {
    const double peak = peak_of(model.target());
    // Fewer than Batch where training has fewer.
    const std::size_t batch = data.train.minibatch(0, Batch).labels.size();
    std::fputs(profile_table(trainer.profile(), peak, batch).c_str(), stdout);
  }
  predict(model, options.predict, pictures);
  log.finish();
}

/// Classifies pictures with a model from a file; no data are loaded.
template <class Net>
void classify(const Settings& settings, const Options& options) {
  const auto pictures = read_pictures<Net>(options.predict);
  Model<Net> model(Seed{options.seed}, settings.initializer);
  etch::load(model, options.init);
  predict(model, options.predict, pictures);
}

/// The `main` of an assignment's program: the network `N` trained on minibatches of `Batch`, with
/// the settings that the command line leaves as they are. Returns the exit code.
template <class N, int Batch, class Optimizer = SGD>
int assignment(int argc, char** argv, Settings settings, const Optimizer& optimizer = {}) {
  using Net = etch::detail::checked_network<N>;
  return run_program([&] {
    Options options;
    const Abilities network{.drops = drops<Net>(), .reads_pictures = Net::Input::is_picture};
    if (auto done = read_command_line(argc, argv, network, settings, options)) return *done;
    if (options.summary) {
      std::fputs((summary<Net>() + '\n' + memory_summary<Net, Batch, Optimizer>()).c_str(), stdout);
    } else if (options.only_predicts()) {
      classify<Net>(settings, options);
    } else {
      train<Net, Batch>(settings, options, optimizer);
    }
    return 0;
  });
}

}  // namespace etch::app

#endif
