#include "etch/app/profile.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>

namespace etch::app {

std::string profile_table(const std::vector<ProfileRow>& rows, std::uint32_t steps, double seconds,
                          int threads, double peak) {
  if (steps == 0) return "Profile of 0 timed steps\n";
  std::size_t width = 18;
  for (const ProfileRow& row : rows) width = std::max(width, row.layer.size());
  const std::string rule(width + 2 + 15 + 2 + 11 + 3 * (2 + 7), '-');
  const double all = seconds * threads;
  std::string text =
      fmt::format("Profile of {} timed steps on {}, FMA peak {:.1f} GFLOP/s each\n", steps,
                  threads == 1 ? "1 thread" : fmt::format("{} threads", threads), peak / 1e9);
  const auto line = [&](std::string_view layer, const auto&... cells) {
    std::string cells_text =
        fmt::format("{:<{}}  {:<15}  {:>11}  {:>7}  {:>7}  {:>7}", layer, width, cells...);
    cells_text.erase(cells_text.find_last_not_of(' ') + 1);
    text += cells_text + "\n";
  };
  const auto row_line = [&](const ProfileRow& row) {
    std::string rate, of_peak;
    if (row.flops > 0 && row.seconds > 0) {
      rate = fmt::format("{:.1f}", row.flops / row.seconds / 1e9);
      of_peak = fmt::format("{:.1f}%", 100 * row.flops / row.seconds / peak);
    }
    line(row.layer, row.pass, fmt::format("{:.2f}", 1e6 * row.seconds / steps),
         fmt::format("{:.1f}%", 100 * row.seconds / all), rate, of_peak);
  };
  line("Layer", "Pass", "us a step", "Share", "GFLOP/s", "Of peak");
  text += rule + "\n";
  double counted = 0, flops = 0;
  for (const ProfileRow& row : rows) {
    row_line(row);
    counted += row.seconds;
    flops += row.flops;
  }
  row_line({"rest", threads == 1 ? "" : "joins, waiting", all - counted, 0});
  text += rule + "\n";
  row_line({"step", threads == 1 ? "" : "times threads", all, flops});
  return text;
}

}  // namespace etch::app
