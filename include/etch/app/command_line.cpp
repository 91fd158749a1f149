#include "etch/app/command_line.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cmath>
#include <cstdio>
#include <system_error>

#include "etch/base/cores.hpp"
#include "etch/io/new_file.hpp"
#include "etch/kernel/simd.hpp"

namespace etch::app {
namespace {

constexpr std::uint32_t most_steps = 1'000'000'000;
constexpr int most_threads = 1'024;

std::string version(const std::string& name) {
  return fmt::format("{} (etch {}), SIMD target {}", name, ETCH_VERSION, simd::choose().name());
}

void add_options(CLI::App& line, const Abilities& network, Settings& settings, Options& options) {
  line.add_option(
          "--data", options.data,
          "An archive or folder of PNG pictures in folders A to J, as notMNIST_small.tar.gz, "
          "IDX files, as MNIST's, or notMNIST.pickle; by default the built-in letters")
      ->type_name("PATH")
      ->check(check_path);
  line.add_option("--train-size", settings.train_size,
                  "Train on so many pictures, the first ones, and not on all")
      ->check(between(1, largest_seed));
  line.add_option("--test-size", options.split.test,
                  "Pictures held out for the test, where the data come in one piece")
      ->check(between(1, most_steps))
      ->capture_default_str();
  line.add_option("--validation-size", options.split.validation,
                  "Pictures held out for validation, where the data bring none")
      ->check(between(1, most_steps))
      ->capture_default_str();
  line.add_option("--split-seed", options.split.seed, "Which pictures are held out")
      ->check(between(0, largest_seed))
      ->capture_default_str();
  line.add_option("--steps", settings.steps,
                  "Steps of training, 0 to evaluate alone; a rate that changes keeps its own pace")
      ->check(between(0, most_steps))
      ->capture_default_str();
  line.add_option("--eval-every", settings.eval_every, "Steps from one report to the next")
      ->check(between(1, most_steps))
      ->capture_default_str();
  line.add_option("--seed", options.seed,
                  "Of initial values, dropout and the random moves of pictures")
      ->check(between(0, largest_seed))
      ->capture_default_str();
  line.add_option("--threads", options.threads,
                  "Threads; the results are the same to the last digit, whatever their number")
      ->check(between(1, most_threads))
      ->capture_default_str();
  line.add_option("--learning-rate", settings.learning_rate.highest,
                  "Learning rate, the highest one where it changes")
      ->check(between(0, 1e6))
      ->capture_default_str();
  line.add_option("--l2", settings.l2, "Strength of L2 regularisation, of weights and not biases")
      ->check(between(0, 1e6))
      ->capture_default_str();
  line.add_option("--weight-decay", settings.weight_decay,
                  "Share of the weights, times the learning rate, that each step takes off them, "
                  "and not off biases")
      ->check(between(0, 1e6))
      ->capture_default_str();
  if (network.reads_pictures) {
    Augmentation& warps = settings.augmentation;
    line.add_option("--shift", warps.shift,
                    "Training pictures are shifted by so many pixels at most")
        ->check(between(0, 1e3))
        ->capture_default_str();
    line.add_option("--slant", warps.slant, "and slanted by so many columns for each row at most")
        ->check(between(0, 10))
        ->capture_default_str();
    line.add_option("--zoom", warps.zoom,
                    "and grow or shrink by such a share at most, each at random")
        ->check(between(0, 0.9))
        ->capture_default_str();
  }
  if (network.drops) {
    line.add_option("--dropout", options.dropout,
                    "Rate of all dropout layers; by default what the network says")
        ->check(between(0, 0.999));
  }
  line.add_flag("--profile", options.profile,
                "Print where the time of training went, one step in seven being timed: each layer "
                "and pass, and its share of the processor's multiply-add peak");
  line.add_flag("--summary", options.summary, "Print the network's layers and stop");
}

void add_files(CLI::App& line, Options& options) {
  line.add_option("--init", options.init,
                  "Start from the parameters in this file: safetensors, F32, tensors such as "
                  "0_conv2d.kernel in TensorFlow's layouts")
      ->type_name("FILE")
      ->check(check_path);
  line.add_option("--save", options.save, "Write the parameters to this file after training")
      ->type_name("FILE")
      ->check(check_path);
  line.add_option("--log", options.log, "Write each report's numbers to this file, as CSV")
      ->type_name("FILE")
      ->check(check_path);
  line.add_flag("--confusion", options.confusion,
                "Print which letters of the test were taken for which, precision and recall; ten "
                "classes are A to J");
  line.add_option("--mistakes", options.mistakes,
                  "Write the worst mistakes of the test to this file, as a PNG sheet")
      ->type_name("FILE")
      ->check(check_path);
  line.add_option(
          "--predict", options.predict,
          "Classify PNG pictures of up to 8192x8192, white letters on black as notMNIST's: after "
          "training or, with --init, instead of it")
      ->type_name("PNG")
      ->check(check_path);
}

/// Throws where a file to be written is one that another option names. Parameters may be saved
/// where they came from.
void check_outputs(const Options& options) {
  std::vector<NamedPath> others{{"--data", options.data}};
  for (const std::string& picture : options.predict) others.push_back({"--predict", picture});
  const NamedPath init{"--init", options.init}, save{"--save", options.save};
  const NamedPath log{"--log", options.log}, mistakes{"--mistakes", options.mistakes};
  const auto check = [&](const NamedPath& output) {
    if (const auto trouble = check_output(output, others); !trouble.empty()) {
      throw CLI::ValidationError(trouble);
    }
    others.push_back(output);
  };
  check(save);
  others.push_back(init);
  check(log);
  check(mistakes);
}

/// Throws where options are about a training that there is none of.
void check(const CLI::App& line, const Options& options) {
  if (!options.only_predicts()) return;
  for (const CLI::Option* const option : line.get_options()) {
    const std::string name = option->get_name();
    if (option->count() == 0 || name == "--init" || name == "--predict") continue;
    throw CLI::ValidationError(name,
                               "does not go with both --init and --predict, with which "
                               "nothing is trained or tested");
  }
}

}  // namespace

CLI::Validator between(double least, double most) {
  const auto check = [=](const std::string& text) -> std::string {
    double value = NAN;
    if (CLI::detail::lexical_cast(text, value) && value >= least && value <= most) return {};
    return fmt::format("requires a number from {} to {}, {} came", least, most, text);
  };
  return CLI::Validator(check, fmt::format("[{} - {}]", least, most));
}

std::string check_path(const std::string& path) {
  return path.empty() ? "requires a path, an empty one came" : "";
}

std::string check_output(const NamedPath& output, const std::vector<NamedPath>& others) {
  namespace fs = std::filesystem;
  const auto same = [](const fs::path& a, const fs::path& b) {
    std::error_code none;  // a path that is not there has no equivalent
    const auto place = [&](const fs::path& path) {
      return fs::weakly_canonical(fs::absolute(detail::behind_links(path), none), none);
    };
    const fs::path place_of_a = place(a);  // empty where a folder cannot be entered
    return (!place_of_a.empty() && place_of_a == place(b)) || fs::equivalent(a, b, none);
  };
  for (const NamedPath& other : others) {
    if (output.path.empty() || other.path.empty() || !same(output.path, other.path)) continue;
    return fmt::format("{}: requires a file of its own, that of {} came", output.option,
                       other.option);
  }
  return {};
}

std::optional<int> read_command_line(int argc, char** argv, const Abilities& network,
                                     Settings& settings, Options& options) {
  options.data = ETCH_LETTERS;
  options.threads = physical_cores();
  CLI::App line(settings.about, settings.name);
  add_options(line, network, settings, options);
  add_files(line, options);
  line.set_version_flag(
      "--version", [&] { return version(settings.name); },
      "Print the version and the SIMD target in use and stop");
  try {
    line.parse(argc, argv);
    check(line, options);
    check_outputs(options);
    return std::nullopt;
  } catch (const CLI::ParseError& stop) {
    if (stop.get_exit_code() == 0) return line.exit(stop);
    fmt::print(stderr, "etch: command line: {}; see {} --help\n", stop.what(), settings.name);
    return 2;
  }
}

}  // namespace etch::app
