#ifndef ETCH_NET_ARENA_HPP
#define ETCH_NET_ARENA_HPP

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "etch/net/network.hpp"

namespace etch {

/// Where everything lies. Parameters (and, alike, their gradients) are one array: first all
/// weights, layer by layer, then all biases, so that an optimiser needs to know one border, where
/// decay ends, and no layer. Activations (and, alike, their gradients) are another: for each layer
/// its outputs for the whole batch, the inputs of the network before them.
template <class Net>
struct Arena {
  static constexpr std::size_t line = 16;  // floats of a cache line

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

  /// Offsets of the variables.
  static constexpr Layout parameters = [] {
    Layout layout;
    for (bool weights : {true, false}) {
      Net::for_each_step([&]<class Step>() {
        for (std::size_t v = 0; v < Step::variables.size(); ++v) {
          if (Step::variables[v].is_weight != weights) continue;
          layout.offset[Step::index][v] = layout.floats;
          layout.floats += round_up(Step::variables[v].floats, line);
        }
      });
      if (weights) layout.weights = layout.floats;
    }
    return layout;
  }();

  /// Floats of one sample before layer `i`'s output; entry 0 is the input's, entry i + 1 layer i's.
  static constexpr std::array<std::size_t, Net::size + 2> activations = [] {
    std::array<std::size_t, Net::size + 2> offset{};
    offset[1] = Net::Input::stride;
    Net::for_each_step([&]<class Step>() {
      offset[Step::index + 2] = offset[Step::index + 1] + Step::Out::stride;
    });
    return offset;
  }();
  static constexpr std::size_t activation_floats = activations[Net::size + 1];

  /// Where the output of layer `i` (the input for i = -1) begins for a batch of `batch` samples.
  static constexpr std::size_t activation(std::ptrdiff_t i, int batch) {
    return activations[static_cast<std::size_t>(i + 1)] * static_cast<std::size_t>(batch);
  }

  /// Scratch memory of one thread whose passes see at most `rows` samples.
  static constexpr std::size_t scratch(int rows) {
    std::size_t most = 0;
    Net::for_each_step([&]<class Step>() {
      most = std::max(most, scratch_of<typename Step::Layer, typename Step::In>(rows));
    });
    return round_up(most, line);
  }
};

/// Bytes of the activations of a batch, the inputs and what pads each sample included.
template <class Net, int Batch>
inline constexpr std::size_t activation_bytes =
    sizeof(float) * Batch* Arena<Net>::activation_floats;

}  // namespace etch

#endif
