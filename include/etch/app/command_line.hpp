#ifndef ETCH_APP_COMMAND_LINE_HPP
#define ETCH_APP_COMMAND_LINE_HPP

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "etch/io/dataset.hpp"
#include "etch/net/initializer.hpp"
#include "etch/train/augmentation.hpp"
#include "etch/train/learning_rate.hpp"

namespace CLI {
class Validator;
}

namespace etch::app {

/// What an assignment says about its training; most of it are the defaults of options.
struct Settings {
  std::string name;   // of the program
  std::string about;  // one sentence for --help
  std::uint32_t steps = 1'001;
  std::uint32_t eval_every = 50;
  std::optional<std::size_t> train_size = std::nullopt;  // train on the first of all pictures alone
  LearningRate learning_rate = 0.05f;
  float l2 = 0;
  float weight_decay = 0;
  Augmentation augmentation = {};
  Initializer initializer = {};
};

/// What the command line adds.
struct Options {
  std::filesystem::path data;  // by default the built-in letters
  SplitOptions split;
  std::uint64_t seed = 1;
  int threads = 1;               // by default the physical cores that the process may use
  std::optional<float> dropout;  // instead of what the network's type says
  std::filesystem::path init, save, log, mistakes;  // files, where not empty
  std::vector<std::string> predict;                 // PNG pictures
  bool confusion = false;
  bool profile = false;
  bool summary = false;

  /// Pictures alone are to be classified, by a model that is there.
  bool only_predicts() const { return !init.empty() && !predict.empty(); }
};

/// What a network has that some options are about; without it these do not exist.
struct Abilities {
  bool drops = false;           // --dropout
  bool reads_pictures = false;  // --shift, --slant, --zoom
};

/// Seeds, and where they begin to be rounded: whole numbers up to here are exact in a double.
inline constexpr double largest_seed = 9e15;

/// Checks an option for a number from `least` to `most`, which CLI::Range takes NaN for.
CLI::Validator between(double least, double most);

/// What speaks against `path` as the value of an option, if anything: an empty one would pass for
/// an option that is not given, and nothing would be read or written.
std::string check_path(const std::string& path);

/// A file, or folder, and the option that named it, whose path is empty where it was not given.
struct NamedPath {
  std::string option;
  std::filesystem::path path;
};

/// What speaks against writing to `output`, if anything: that one of `others` is the same file.
std::string check_output(const NamedPath& output, const std::vector<NamedPath>& others);

/// Reads the command line into `settings` and `options`. What it returns is the program's exit code
/// if there is nothing more to do: after --help and --version 0, after a mistake, which it explains
/// in one line on standard error, 2.
std::optional<int> read_command_line(int argc, char** argv, const Abilities& network,
                                     Settings& settings, Options& options);

}  // namespace etch::app

#endif
