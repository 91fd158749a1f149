#ifndef ETCH_NET_SUMMARY_HPP
#define ETCH_NET_SUMMARY_HPP

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "etch/net/network.hpp"
#include "etch/shape/text.hpp"

namespace etch {

namespace detail {

/// 61706 as "61,706".
inline std::string grouped(std::uint64_t number) {
  std::string digits = std::to_string(number);
  for (std::size_t i = digits.size(); i > 3; i -= 3) digits.insert(i - 3, 1, ',');
  return digits;
}

using Row = std::array<std::string, 5>;

/// The first two columns to the left, numbers to the right; a rule below the first row and above
/// the last.
inline std::string table(const std::vector<Row>& rows) {
  std::array<std::size_t, 5> width{};
  for (const Row& row : rows) {
    for (std::size_t c = 0; c < row.size(); ++c) width[c] = std::max(width[c], row[c].size());
  }
  std::string text;
  const auto rule = [&] {
    std::size_t total = 2 * (width.size() - 1);
    for (std::size_t w : width) total += w;
    text += std::string(total, '-') + "\n";
  };
  for (std::size_t r = 0; r < rows.size(); ++r) {
    if (r == 1 || r + 1 == rows.size()) rule();
    for (std::size_t c = 0; c < width.size(); ++c) {
      const std::string padding(width[c] - rows[r][c].size(), ' ');
      if (c > 0) text += "  ";
      text += c < 2 ? rows[r][c] + padding : padding + rows[r][c];
    }
    text += "\n";
  }
  return text;
}

/// What the table says of the input, or of a layer.
struct SummaryLine {
  std::string_view name;
  std::span<const int> shape;  // of the output, for one sample
  std::uint64_t parameters, flops, floats;
};

/// A row for each of the lines, and one for their sum.
inline std::string summary_table(const char* title, const std::vector<SummaryLine>& lines) {
  std::vector<Row> rows{{title, "Output shape", "Parameters", "FLOPs forward", "Output bytes"}};
  SummaryLine total{"total", {}, 0, 0, 0};
  const auto add = [&](const SummaryLine& line) {
    rows.push_back({std::string(line.name), to_text(line.shape), grouped(line.parameters),
                    grouped(line.flops), grouped(sizeof(float) * line.floats)});
  };
  for (const SummaryLine& line : lines) {
    add(line);
    total.parameters += line.parameters;
    total.flops += line.flops;
    total.floats += line.floats;
  }
  add(total);
  return table(rows);
}

/// A line for the input, and one for each of the steps, which `for_each` calls its argument with.
template <class Net, class ForEach>
std::vector<SummaryLine> summary_lines(const ForEach& for_each) {
  using Input = typename Net::Input;
  std::vector<SummaryLine> lines{{"input", Input::extents, 0, 0, Input::stride}};
  for_each([&]<class Step>() {
    lines.push_back(
        {Step::name, Step::Out::extents, Step::parameters, Step::flops, Step::Out::stride});
  });
  return lines;
}

}  // namespace detail

/// The table that Keras users know, a line for each layer: its output shape, its parameters, the
/// FLOPs of its forward pass (two for every product summed) and the bytes of its output as it lies
/// in memory, both of one sample. Where the network is executed in another way than it is written,
/// a second table shows that.
template <class N>
std::string summary() {
  using Net = detail::checked_network<N>;
  const auto written = detail::summary_lines<Net>([](const auto& f) { Net::for_each_step(f); });
  std::string text = detail::summary_table("Layer", written);
  if constexpr (!std::is_same_v<typename Net::Executed, typename Net::Steps>) {
    const auto executed = detail::summary_lines<Net>([](const auto& f) {
      for_each_executed<Net>([&]<class Step, std::size_t>() { f.template operator()<Step>(); });
    });
    text += "\n" + detail::summary_table("As executed", executed);
  }
  return text;
}

/// What inference and training take, in two lines. Net::inference_bytes and Net::training_bytes say
/// what is counted.
template <class N, int Batch, class Optimizer>
std::string memory_summary() {
  using Net = detail::checked_network<N>;
  return "Inference, one picture at a time: " + detail::grouped(Net::template inference_bytes<1>) +
         " bytes\nTraining, batches of " + std::to_string(Batch) +
         ", one thread: " + detail::grouped(Net::template training_bytes<Batch, Optimizer>) +
         " bytes\n";
}

}  // namespace etch

#endif
