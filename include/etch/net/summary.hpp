#ifndef ETCH_NET_SUMMARY_HPP
#define ETCH_NET_SUMMARY_HPP

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
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

/// A line for each of the steps, which `for_each` calls its argument with.
template <class Net, class ForEach>
std::string steps_table(const std::string& title, const ForEach& for_each) {
  std::vector<Row> rows{{title, "Output shape", "Parameters", "FLOPs forward", "Output bytes"},
                        {"input", to_text(typename Net::Input()), "0", "0",
                         grouped(sizeof(float) * Net::Input::stride)}};
  std::uint64_t outputs = sizeof(float) * Net::Input::stride;
  for_each([&]<class Step>() {
    constexpr std::uint64_t output = sizeof(float) * Step::Out::stride;
    outputs += output;
    rows.push_back({std::string(std::string_view(Step::name)), to_text(typename Step::Out()),
                    grouped(Step::parameters), grouped(Step::flops), grouped(output)});
  });
  rows.push_back(
      {"total", "", grouped(Net::parameters), grouped(Net::flops_forward), grouped(outputs)});
  return table(rows);
}

}  // namespace detail

/// The table that Keras users know, a line for each layer: its output shape, its parameters, the
/// FLOPs of its forward pass (two for every product summed) and the bytes of its output as it lies
/// in memory, both of one sample. Where the network is executed in another way than it is written,
/// a second table shows that.
template <class Net>
std::string summary() {
  std::string text =
      detail::steps_table<Net>("Layer", [](const auto& line) { Net::for_each_step(line); });
  if constexpr (!std::is_same_v<typename Net::Executed, typename Net::Steps>) {
    text += "\n" + detail::steps_table<Net>("As executed", [](const auto& line) {
              for_each_executed<Net>(
                  [&]<class Step, std::size_t>() { line.template operator()<Step>(); });
            });
  }
  return text;
}

/// What inference and training take, in two lines. Net::inference_bytes and Net::training_bytes say
/// what is counted.
template <class Net, int Batch, class Optimizer>
std::string memory_summary() {
  return "Inference, one picture at a time: " + detail::grouped(Net::template inference_bytes<1>) +
         " bytes\nTraining, batches of " + std::to_string(Batch) +
         ", one thread: " + detail::grouped(Net::template training_bytes<Batch, Optimizer>) +
         " bytes\n";
}

}  // namespace etch

#endif
