#ifndef ETCH_APP_NOTMNIST_HPP
#define ETCH_APP_NOTMNIST_HPP

#include <cstdint>
#include <filesystem>
#include <optional>

#include "etch/io/dataset.hpp"

namespace etch::app {

/// What `notmnist make` is asked for.
struct MakeOptions {
  std::filesystem::path large, small;  // archives; one may be empty
  std::filesystem::path output = "notMNIST.pickle";
  std::optional<std::size_t> train, validation, test;
  std::uint64_t split_seed = SplitOptions().seed;
  bool sanitize = false;
};

/// What `notmnist show` is asked for.
struct ShowOptions {
  std::filesystem::path data, sheet;
  SplitOptions split;
};

/// Makes the course's pickle. From one archive, the parts are those of load_dataset; from two,
/// training and validation come from the large one, and the test from the small one. Prints the
/// parts' shapes. Throws Error.
void make_pickle(const MakeOptions& options);

/// Prints shapes, letters and copies of a data set, and writes a sheet of samples. Throws Error.
void show(const ShowOptions& options);

/// The `main` of assignment 1. Returns the exit code.
int notmnist(int argc, char** argv);

}  // namespace etch::app

#endif
