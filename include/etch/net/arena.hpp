#ifndef ETCH_NET_ARENA_HPP
#define ETCH_NET_ARENA_HPP

#include <algorithm>
#include <array>
#include <cstddef>

#include "etch/base/round.hpp"
#include "etch/net/network.hpp"
#include "etch/net/placed_variable.hpp"

namespace etch {

/// Where the parameters lie. They are one array: first all weights, layer by layer, then all
/// biases, so that those that decay lie together.
template <class Net>
struct Arena {
  static constexpr std::size_t most_variables = [] {
    std::size_t most = 1;
    Net::for_each_step([&]<class Step>() { most = std::max(most, Step::variables.size()); });
    return most;
  }();

  struct Layout {
    std::array<std::array<std::size_t, most_variables>, Net::size> offset{};
    std::size_t weights = 0;  // floats up to where decay ends
    std::size_t floats = 0;
  };

  /// Offsets of the variables, or of those alone whose gradients are stored.
  static constexpr Layout lay_out(bool stored_alone) {
    Layout layout;
    for (bool weights : {true, false}) {
      Net::for_each_step([&]<class Step>() {
        if (stored_alone && Step::updates) return;
        for (std::size_t v = 0; v < Step::variables.size(); ++v) {
          if (Step::variables[v].is_weight != weights) continue;
          layout.offset[Step::index][v] = layout.floats;
          layout.floats += round_up(Step::variables[v].floats, cache_line);
        }
      });
      if (weights) layout.weights = layout.floats;
    }
    return layout;
  }

  static constexpr Layout parameters = lay_out(false);

  /// All variables, layer by layer.
  static constexpr auto variables = [] {
    constexpr std::size_t count = [] {
      std::size_t sum = 0;
      Net::for_each_step([&]<class Step>() { sum += Step::variables.size(); });
      return sum;
    }();
    std::array<PlacedVariable, count> all{};
    std::size_t i = 0;
    Net::for_each_step([&]<class Step>() {
      for (std::size_t v = 0; v < Step::variables.size(); ++v) {
        all[i++] = {.layer = Step::index,
                    .layer_name = Step::name,
                    .index = v,
                    .variable = Step::variables[v],
                    .offset = parameters.offset[Step::index][v],
                    .places = &Step::places};
      }
    });
    return all;
  }();

  /// The gradients that are stored before they are used, of the samples of one tile.
  static constexpr Layout stored_gradients = lay_out(true);

  /// Scratch memory of one thread whose passes see at most `rows` samples.
  static constexpr std::size_t scratch(int rows) {
    std::size_t most = 0;
    for_each_executed<Net>([&]<class Step, std::size_t>() {
      most = std::max(most, scratch_of<typename Step::Layer, typename Step::In>(rows));
    });
    return round_up(most, cache_line);
  }

  /// The same of what forward needs.
  static constexpr std::size_t forward_scratch = [] {
    std::size_t most = 0;
    for_each_executed<Net>([&]<class Step, std::size_t>() {
      most = std::max(most, forward_scratch_of<typename Step::Layer, typename Step::In>());
    });
    return most;
  }();
};

}  // namespace etch

#endif
