#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "etch/app/copies.hpp"
#include "etch/app/notebook.hpp"
#include "etch/app/notmnist.hpp"
#include "etch/io/dataset.hpp"
#include "etch/io/new_file.hpp"
#include "etch/io/sheet.hpp"

namespace etch::app {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t letters = 10, samples = 10;  // of each letter

void print_letters(const Dataset& data) {
  fmt::print("\n{:<14}", "Pictures of");
  for (std::size_t letter = 0; letter < letters; ++letter) {
    fmt::print("{:>7}", static_cast<char>('A' + letter));
  }
  fmt::print("\n");
  const auto print = [](const char* name, const Split& part) {
    std::array<std::size_t, letters> counts{};
    for (const std::uint8_t label : part.labels) ++counts[label];
    fmt::print("{:<14}", name);
    for (const std::size_t count : counts) fmt::print("{:>7}", count);
    fmt::print("\n");
  };
  print("training", data.train);
  print("validation", data.validation);
  print("test", data.test);
}

void print_copies(const Dataset& data) {
  const auto print = [](const std::string& what, std::size_t count, const Split& of) {
    fmt::print("{}: {} of {}\n", what, count, of.size());
  };
  fmt::print("\n");
  print("Training pictures that repeat an earlier one", repeats(data.train), data.train);
  print("Validation pictures that repeat an earlier one", repeats(data.validation),
        data.validation);
  print("Test pictures that repeat an earlier one", repeats(data.test), data.test);
  print("Validation pictures that are also in training", common(data.validation, data.train),
        data.validation);
  print("Test pictures that are also in training", common(data.test, data.train), data.test);
  print("Test pictures that are also in validation", common(data.test, data.validation), data.test);
}

/// A column for each letter, black where it has too few pictures.
void write_samples(const Dataset& data, const fs::path& file) {
  const Split& part = data.train;
  std::vector<std::vector<std::uint8_t>> pictures(letters * samples,
                                                  std::vector<std::uint8_t>(part.values));
  std::array<std::size_t, letters> shown{};
  for (std::size_t i = 0; i < part.size(); ++i) {
    const std::size_t letter = part.labels[i];
    if (shown[letter] == samples) continue;
    pictures[shown[letter]++ * letters + letter] = gray_bytes(part.pictures(), i);
  }
  std::vector<SheetCell> cells;
  for (std::size_t i = 0; i < pictures.size(); ++i) {
    cells.push_back({pictures[i], std::string(1, static_cast<char>('A' + i % letters))});
  }
  write_sheet(file, cells, data.width, data.height, letters);
}

/// "notMNIST_small-samples.png" for "data/notMNIST_small.tar.gz".
fs::path sheet_name(const fs::path& data) {
  const fs::path last = data.has_filename() ? data : data.parent_path();
  const std::string name = fs::weakly_canonical(last).filename().string();
  return name.substr(0, name.find('.', 1)) + "-samples.png";
}

}  // namespace

void show(const ShowOptions& options) {
  const fs::path sheet = options.sheet.empty() ? sheet_name(options.data) : options.sheet;
  detail::check_writable(sheet);  // not only after an archive was read
  const Dataset data = load_dataset(options.data, options.split);
  Notebook::skipped(data);
  Notebook::loaded(data);
  print_letters(data);
  print_copies(data);
  write_samples(data, sheet);
  fmt::print("\nSamples: {}\n", sheet.string());
}

}  // namespace etch::app
