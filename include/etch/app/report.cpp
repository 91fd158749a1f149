#include "etch/app/report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "etch/base/error.hpp"
#include "etch/io/fail.hpp"
#include "etch/io/sheet.hpp"

namespace etch::app {
namespace {

std::string percent(std::size_t part, std::size_t whole) {
  if (whole == 0) return "-";
  return fmt::format("{:.1f}%", Accuracy{part, whole}.percent());
}

}  // namespace

std::string label_text(int label, int classes) {
  return classes == 10 ? std::string(1, static_cast<char>('A' + label)) : std::to_string(label);
}

std::string confusion(std::span<const Prediction> predictions, std::span<const std::uint8_t> labels,
                      int classes) {
  const auto n = static_cast<std::size_t>(classes);
  std::vector<std::size_t> counts(n * n), rows(n), columns(n);
  for (std::size_t i = 0; i < predictions.size(); ++i) {
    const std::size_t row = labels[i], column = static_cast<std::size_t>(predictions[i].label);
    if (row >= n) {
      throw Error("confusion", fmt::format("requires labels below {}, the number of outputs, {} "
                                           "came; give the network more outputs",
                                           n, row));
    }
    ++counts[row * n + column];
    ++rows[row];
    ++columns[column];
  }
  std::string text = "Confusion, true letters down, predicted ones across:\n         ";
  for (int label = 0; label < classes; ++label) {
    text += fmt::format("{:>7}", label_text(label, classes));
  }
  text += "   Recall\n";
  for (std::size_t row = 0; row < n; ++row) {
    text += fmt::format("{:<9}", label_text(static_cast<int>(row), classes));
    for (std::size_t column = 0; column < n; ++column) {
      text += fmt::format("{:>7}", counts[row * n + column]);
    }
    text += fmt::format("{:>9}\n", percent(counts[row * n + row], rows[row]));
  }
  text += "Precision";
  for (std::size_t label = 0; label < n; ++label) {
    text += fmt::format("{:>7}", percent(counts[label * n + label], columns[label]));
  }
  return text + "\n";
}

std::string write_mistakes(const std::filesystem::path& path,
                           std::span<const Prediction> predictions, const Minibatch& samples,
                           std::size_t width, std::size_t height, int classes) {
  constexpr std::size_t most = 100, columns = 10;
  const auto sure = [&](std::size_t i) {  // a number: NaN has no place in an order
    const float p = predictions[i].probability;
    return std::isnan(p) ? 0 : p;
  };
  std::vector<std::size_t> mistakes;
  for (std::size_t i = 0; i < predictions.size(); ++i) {
    if (predictions[i].label != samples.labels[i]) mistakes.push_back(i);
  }
  std::ranges::sort(mistakes, {}, [&](std::size_t i) { return std::pair(-sure(i), i); });

  std::string line = fmt::format("Mistakes: {} of {}", mistakes.size(), predictions.size());
  if (mistakes.empty()) return line + ", no sheet is written\n";
  if (mistakes.size() > most) mistakes.resize(most);
  std::vector<std::vector<std::uint8_t>> pictures;
  std::vector<SheetCell> cells;
  for (std::size_t i : mistakes) {
    pictures.push_back(gray_bytes(samples.pictures, i));
    cells.push_back(
        {pictures.back(), fmt::format("{}>{} {:.0f}", label_text(samples.labels[i], classes),
                                      label_text(predictions[i].label, classes), 100 * sure(i))});
  }
  write_sheet(path, cells, width, height, columns);
  return line +
         fmt::format(", the worst {} in {}\n", cells.size(), detail::printable(path.string()));
}

std::string prediction(const std::string& name, std::span<const float> probabilities) {
  const int classes = static_cast<int>(probabilities.size());
  const auto best = std::ranges::max_element(probabilities);
  std::string text =
      fmt::format("{}: {} {:.1f}%\n", detail::printable(name),
                  label_text(static_cast<int>(best - probabilities.begin()), classes), 100 * *best);
  for (int label = 0; label < classes; ++label) {
    text += fmt::format("  {:<3} {:.6f}\n", label_text(label, classes),
                        probabilities[static_cast<std::size_t>(label)]);
  }
  return text;
}

}  // namespace etch::app
