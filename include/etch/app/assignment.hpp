#ifndef ETCH_APP_ASSIGNMENT_HPP
#define ETCH_APP_ASSIGNMENT_HPP

#include <cstdio>
#include <exception>
#include <string>

#include "etch/app/command_line.hpp"
#include "etch/app/notebook.hpp"
#include "etch/etch.hpp"
#include "etch/io/dataset.hpp"
#include "etch/train/fit.hpp"

namespace etch::app {

/// Whether a layer's --dropout has anything to change.
template <class Net>
constexpr bool drops() {
  bool found = false;
  Net::for_each_step([&]<class Step>() { found |= Step::Layer::name == Dropout<>::name; });
  return found;
}

/// A picture as the course reshapes it: flat where the network begins with a dense layer.
template <class Net>
std::string picture_shape() {
  using Input = typename Net::Input;
  if (Net::template step<0>::Layer::name == Dense<1>::name) return std::to_string(Input::size);
  std::string text;
  for (int extent : Input::extents) {
    if (!text.empty()) text += ", ";
    text += std::to_string(extent);
  }
  return text;
}

/// Trains `Net` as a notebook of the course does, and prints what it prints.
template <class Net, int Batch>
void train(const Settings& settings, const Options& options) {
  const Dataset data = load_dataset(options.data, options.split);
  Model<Net>::check(data.train.pictures());

  Notebook notebook(settings.steps);
  notebook.skipped(data);
  notebook.shapes(data, picture_shape<Net>(), Net::Output::size);

  Team team(options.threads);
  Model<Net> model(Seed{options.seed}, settings.initial);
  Trainer<Net, Batch> trainer(
      model,
      {.learning_rate = settings.learning_rate, .l2 = settings.l2, .dropout = options.dropout},
      team);
  Evaluator<Net> evaluator(model, team);
  notebook.initialized();
  fit(
      trainer, settings.steps,
      [&](std::uint32_t step) { return data.train.minibatch(step, Batch); },
      [&](std::uint32_t step, const Metrics& metrics) {
        if (step % settings.eval_every == 0) {
          notebook.minibatch(step, metrics);
          notebook.validation(evaluator.accuracy(data.validation));
        }
        notebook.progress(step);
      });
  notebook.test(evaluator.accuracy(data.test));
}

/// The `main` of an assignment's program: `Net` trained on minibatches of `Batch`, with the
/// settings that the command line leaves as they are. Returns the exit code.
template <class Net, int Batch>
int assignment(int argc, char** argv, Settings settings) {
  try {
    Options options;
    if (auto done = read_command_line(argc, argv, drops<Net>(), settings, options)) return *done;
    if (options.summary) {
      std::fputs(summary<Net>().c_str(), stdout);
    } else {
      train<Net, Batch>(settings, options);
    }
    if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) {
      throw Error("standard output", "must take all lines, a write failed; is the disk full?");
    }
    return 0;
  } catch (const std::exception& error) {
    std::fflush(stdout);
    std::fprintf(stderr, "etch: %s\n", error.what());
    return 1;
  }
}

}  // namespace etch::app

#endif
