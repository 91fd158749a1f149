#include "etch/app/notmnist.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <string>

#include "etch/app/command_line.hpp"
#include "etch/app/program.hpp"

namespace etch::app {
namespace {

const CLI::Validator any_size = between(1, 1'000'000'000), any_seed = between(0, largest_seed);

CLI::App& add_make(CLI::App& line, MakeOptions& options) {
  constexpr SplitOptions by_default;
  CLI::App& make = *line.add_subcommand(
      "make",
      "Make the course's pickle from notMNIST's archives. With both, training and validation "
      "pictures come from the large one and test pictures from the small one, as in the course; "
      "with one, they are the parts that the models cut it into.");
  make.add_option("--large", options.large, "notMNIST_large.tar.gz, or another data set")
      ->type_name("PATH")
      ->check(check_path);
  make.add_option("--small", options.small, "notMNIST_small.tar.gz, or another data set")
      ->type_name("PATH")
      ->check(check_path);
  make.add_option("--train", options.train, "Training pictures; by default all that remain")
      ->check(any_size);
  make.add_option(
          "--valid", options.validation,
          fmt::format("Validation pictures; by default {} from one archive, 10000 with both",
                      by_default.validation))
      ->check(any_size);
  make.add_option("--test", options.test,
                  fmt::format("Test pictures; by default {} from one archive, all of the small one "
                              "with both",
                              by_default.test))
      ->check(any_size);
  make.add_option("--split-seed", options.split_seed, "Which pictures go where")
      ->check(any_seed)
      ->capture_default_str();
  make.add_option("-o,--output", options.output, "The pickle")
      ->type_name("FILE")
      ->check(check_path)
      ->capture_default_str();
  make.add_flag("--sanitize", options.sanitize,
                "Drop from validation and test what also stands in training: exact copies, and "
                "near ones, which differ by 1 % of the range from black to white on average, or "
                "less");
  return make;
}

CLI::App& add_show(CLI::App& line, ShowOptions& options) {
  CLI::App& show = *line.add_subcommand(
      "show",
      "Print shapes, letters and copies of a data set: a pickle, or whatever else the models take "
      "by --data. Write a sheet of samples, each letter's first ten training pictures.");
  show.add_option("data", options.data, "The data set")
      ->type_name("PATH")
      ->check(check_path)
      ->required();
  show.add_option("--sheet", options.sheet,
                  "The sheet; by default named as the data, in this folder")
      ->type_name("FILE.png")
      ->check(check_path);
  show.add_option("--valid", options.split.validation,
                  "Validation pictures, where the data come in one piece")
      ->check(any_size)
      ->capture_default_str();
  show.add_option("--test", options.split.test, "Test pictures, where the data come in one piece")
      ->check(any_size)
      ->capture_default_str();
  show.add_option("--split-seed", options.split.seed, "Which pictures go where")
      ->check(any_seed)
      ->capture_default_str();
  return show;
}

int wrong_usage(const std::string& what, const CLI::App& line) {
  std::string program = line.get_name();
  for (const CLI::App* const command : line.get_subcommands()) program += " " + command->get_name();
  fmt::print(stderr, "etch: command line: {}; see {} --help\n", what, program);
  return 2;
}

int run(int argc, char** argv) {
  CLI::App line("Assignment 1 of the TensorFlow course: notMNIST's letters.", "notmnist");
  line.set_version_flag("--version", fmt::format("notmnist (etch {})", ETCH_VERSION),
                        "Print the version and stop");
  line.require_subcommand(1);
  MakeOptions make;
  ShowOptions shown;
  const CLI::App& making = add_make(line, make);
  add_show(line, shown);
  try {
    line.parse(argc, argv);
  } catch (const CLI::ParseError& stop) {
    return stop.get_exit_code() == 0 ? line.exit(stop) : wrong_usage(stop.what(), line);
  }
  if (making.parsed() && make.large.empty() && make.small.empty()) {
    return wrong_usage("make requires --large or --small, or both", line);
  }
  std::string trouble;
  if (making.parsed()) {
    trouble =
        check_output({"--output", make.output}, {{"--large", make.large}, {"--small", make.small}});
  } else {
    trouble = check_output({"--sheet", shown.sheet}, {{"the data", shown.data}});
  }
  if (!trouble.empty()) return wrong_usage(trouble, line);
  making.parsed() ? make_pickle(make) : show(shown);
  return 0;
}

}  // namespace

int notmnist(int argc, char** argv) {
  return run_program([&] { return run(argc, argv); });
}

}  // namespace etch::app
