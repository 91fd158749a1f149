#ifndef ETCH_APP_PROFILE_HPP
#define ETCH_APP_PROFILE_HPP

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "etch/net/costs.hpp"
#include "etch/train/profile.hpp"

namespace etch::app {

/// A part of a training step: how long all threads together were at it, in all steps.
struct ProfileRow {
  std::string_view layer, pass;
  double seconds = 0;
  double flops = 0;  // 0 where nothing is multiplied and summed
};

/// A line for each part of the `steps` that were timed: its microseconds in a step, its share of
/// the step, and how near it came to `peak`, the FLOPs that one thread could do in a second.
/// `seconds` is from the beginning to the end of each step, summed; what threads waited for each
/// other then is a line, too.
std::string profile_table(const std::vector<ProfileRow>& rows, std::uint32_t steps, double seconds,
                          int threads, double peak);

/// The same of training on minibatches of `batch` pictures, in the order in which a step executes
/// them.
template <class Net>
std::string profile_table(const Profile<Net>& profile, double peak, std::size_t batch) {
  const auto seconds = [](auto time) { return std::chrono::duration<double>(time).count(); };
  const PassTimes<Net>& times = profile.passes;
  std::vector<ProfileRow> forward{{"input", "gather", seconds(times.input)}}, backward;
  for_each_executed<Net>([&]<class Step, std::size_t>() {
    const auto& layer = times.layers[Step::index];
    const auto add = [&](std::vector<ProfileRow>& to, Pass pass, auto time) {
      if (!does<Net, Step>(pass)) return;
      const double flops = static_cast<double>(flops_of<Step>(pass) * batch) * profile.steps;
      to.push_back({Step::name, name_of(pass), seconds(time), flops});
    };
    add(forward, Pass::forward, layer.forward);
    add(backward, Pass::data_gradient, layer.data_gradient);
    add(backward, Pass::weight_gradient, layer.weight_gradient);
  });
  forward.push_back({"loss", "", seconds(times.loss)});
  backward.push_back({name_of(Pass::update), "", seconds(times.update)});
  forward.insert(forward.end(), backward.begin(), backward.end());
  return profile_table(forward, profile.steps, seconds(profile.steps_time), profile.threads, peak);
}

}  // namespace etch::app

#endif
