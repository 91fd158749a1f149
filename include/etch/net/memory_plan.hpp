#ifndef ETCH_NET_MEMORY_PLAN_HPP
#define ETCH_NET_MEMORY_PLAN_HPP

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <type_traits>

#include "etch/net/network.hpp"

namespace etch {

/// Where the arrays of a network lie: its activations, entry 0 the input's and entry i + 1 the
/// output's of the i-th layer that is executed, alike their gradients, and what the i-th layer
/// saves for its gradients, if there will be any. What weight gradients over a whole batch read
/// is kept, all samples of the batch, side by side. The rest lives only while a few samples are on
/// their way through the network, so it lies where others lay that nobody needs any more. A layer
/// that works in place writes its output over its input if nobody reads that afterwards, and the
/// gradient of its input over that of its output. Others write that gradient over the input itself
/// where they can, if they have just read that into the cache.
template <std::size_t Layers>
struct MemoryPlan {
  struct Place {
    std::size_t offset = 0;  // floats of each sample that lie before
    bool kept = false;
  };
  std::array<Place, Layers + 1> activations{}, gradients{};
  std::array<std::optional<Place>, Layers> saved{};
  std::size_t kept = 0, transient = 0;  // floats of each sample
};

namespace detail {

/// A layer in its place, as a plan sees it.
struct PlannedLayer {
  std::size_t output = 0, saved = 0;  // floats of a sample
  bool has_variables = false, updates = false, in_place = false, data_gradient_over_x = false;
  bool weight_gradient_reads_saved = false;
  Reads data_gradient_reads;
};

/// Follows some samples through the network: the moments are the input's coming, each layer
/// forward, the loss, each layer backward, and at last the weight gradients over the batch.
template <std::size_t Layers>
class MemoryPlanner {
 public:
  constexpr MemoryPlanner(std::size_t input, const std::array<PlannedLayer, Layers>& layers)
      : layers_(layers) {
    write(0, input, 0);
    for (std::size_t i = 0; i < Layers; ++i) {
      read(i, forward(i));
      write(i + 1, layers_[i].output, forward(i));
    }
    read(Layers, loss);  // outside training, whoever asked
  }

  constexpr MemoryPlan<Layers> inference() {
    lay_outputs_over_inputs();
    return plan();
  }

  constexpr MemoryPlan<Layers> training() {
    std::size_t first = 0;  // with variables: no gradient is needed before it
    while (first < Layers && !layers_[first].has_variables) ++first;
    if (first == Layers) return inference();
    write(gradient + Layers, arrays_[Layers].floats, loss);
    for (std::size_t i = Layers - 1;; --i) {
      const bool reads_saved = layers_[i].has_variables && layers_[i].weight_gradient_reads_saved;
      if (i != first || reads_saved) write(saved + i, layers_[i].saved, forward(i));
      if (layers_[i].has_variables) {
        const std::size_t moment = layers_[i].updates ? weight_gradients : backward(i);
        read(i, moment);
        read(gradient + i + 1, moment);
        if (reads_saved) read(saved + i, moment);
      }
      if (i == first) break;
      if (layers_[i].data_gradient_reads.x) read(i, backward(i));
      if (layers_[i].data_gradient_reads.y) read(i + 1, backward(i));
      read(saved + i, backward(i));
      read(gradient + i + 1, backward(i));
      write(gradient + i, arrays_[i].floats, backward(i));
    }
    lay_outputs_over_inputs();
    for (std::size_t i = Layers - 1; i > first; --i) {
      if (layers_[i].in_place) {
        lay_over(gradient + i, gradient + i + 1, backward(i));
      } else if (layers_[i].data_gradient_over_x && last_read(i) == backward(i)) {
        lay_over(gradient + i, i, backward(i));
      }
    }
    return plan();
  }

 private:
  static constexpr std::size_t gradient = Layers + 1;  // the arrays from it on are gradients
  static constexpr std::size_t saved = 2 * (Layers + 1), arrays = saved + Layers;
  static constexpr std::size_t loss = Layers + 1, weight_gradients = 2 * Layers + 2;
  static constexpr std::size_t forward(std::size_t i) { return i + 1; }
  static constexpr std::size_t backward(std::size_t i) { return 2 * Layers + 1 - i; }

  struct Array {
    std::size_t floats = 0;           // of a sample; 0 for what is never written
    std::size_t first = 0, last = 0;  // the moments when it is written, and last read
    std::size_t below = 0;            // the array in whose place it lies, often itself
    std::size_t offset = 0;
  };

  constexpr void write(std::size_t a, std::size_t floats, std::size_t moment) {
    arrays_[a] = {floats, moment, moment, a, 0};
  }

  constexpr void read(std::size_t a, std::size_t moment) {
    arrays_[a].last = std::max(arrays_[a].last, moment);
  }

  /// When the place of array `a` is last read.
  constexpr std::size_t last_read(std::size_t a) const { return arrays_[arrays_[a].below].last; }

  /// Array `a`, which is written at `moment`, over `other` if that is not read later.
  constexpr void lay_over(std::size_t a, std::size_t other, std::size_t moment) {
    Array& below = arrays_[arrays_[other].below];
    if (below.last > moment) return;
    arrays_[a].below = arrays_[other].below;
    below.last = arrays_[a].last;
  }

  constexpr void lay_outputs_over_inputs() {
    for (std::size_t i = 0; i < Layers; ++i) {
      if (layers_[i].in_place) lay_over(i + 1, i, forward(i));
    }
  }

  constexpr MemoryPlan<Layers> plan() {
    place_kept();
    place_transient();
    MemoryPlan<Layers> plan;
    plan.kept = kept_;
    plan.transient = transient_;
    for (std::size_t i = 0; i <= Layers; ++i) {
      plan.activations[i] = place_of(i);
      plan.gradients[i] = place_of(gradient + i);
      if (i < Layers && has_place(saved + i)) plan.saved[i] = place_of(saved + i);
    }
    return plan;
  }

  constexpr bool has_place(std::size_t a) const {
    return arrays_[a].floats > 0 && arrays_[a].below == a;
  }
  constexpr bool is_kept(std::size_t a) const { return arrays_[a].last == weight_gradients; }

  constexpr typename MemoryPlan<Layers>::Place place_of(std::size_t a) const {
    const std::size_t below = arrays_[a].below;
    return {arrays_[below].offset, is_kept(below)};
  }

  constexpr void place_kept() {
    for (std::size_t a = 0; a < arrays_.size(); ++a) {
      if (!has_place(a) || !is_kept(a)) continue;
      arrays_[a].offset = kept_;
      kept_ += arrays_[a].floats;
    }
  }

  /// The largest first, each in the lowest place that is free as long as it lives.
  constexpr void place_transient() {
    std::array<std::size_t, arrays> placed{};  // in the order of their offsets
    std::array<bool, arrays> done{};
    for (std::size_t count = 0;; ++count) {
      std::size_t largest = arrays_.size();
      for (std::size_t a = 0; a < arrays_.size(); ++a) {
        if (done[a] || !has_place(a) || is_kept(a)) continue;
        if (largest == arrays_.size() || arrays_[a].floats > arrays_[largest].floats) largest = a;
      }
      if (largest == arrays_.size()) return;
      done[largest] = true;
      Array& array = arrays_[largest];
      for (std::size_t p = 0; p < count; ++p) {
        const Array& other = arrays_[placed[p]];
        const bool together = other.first <= array.last && array.first <= other.last;
        if (together && other.offset < array.offset + array.floats) {
          array.offset = std::max(array.offset, other.offset + other.floats);
        }
      }
      transient_ = std::max(transient_, array.offset + array.floats);
      std::size_t p = count;
      for (; p > 0 && arrays_[placed[p - 1]].offset > array.offset; --p) placed[p] = placed[p - 1];
      placed[p] = largest;
    }
  }

  std::array<PlannedLayer, Layers> layers_;
  std::array<Array, arrays> arrays_{};
  std::size_t kept_ = 0, transient_ = 0;
};

template <class Net>
constexpr MemoryPlanner<executed_size<Net>> memory_planner() {
  std::array<PlannedLayer, executed_size<Net>> layers{};
  for_each_executed<Net>([&]<class Step, std::size_t Position>() {
    using In = typename Step::In;
    using Out = typename Step::Out;
    layers[Position] = {std::size_t{Out::stride},
                        std::size_t{saved_stride<typename Step::Layer, In>},
                        Step::has_variables,
                        Step::updates,
                        Step::traits.in_place && std::is_same_v<In, Out>,
                        data_gradient_over_x_of<typename Step::Layer, In>(),
                        weight_gradient_reads_saved_of<typename Step::Layer>(),
                        data_gradient_reads_of<typename Step::Layer>()};
  });
  return {std::size_t{Net::Input::stride}, layers};
}

}  // namespace detail

template <class Net>
using PlanOf = MemoryPlan<executed_size<Net>>;

template <class Net>
inline constexpr PlanOf<Net> inference_plan = detail::memory_planner<Net>().inference();

template <class Net>
inline constexpr PlanOf<Net> training_plan = detail::memory_planner<Net>().training();

}  // namespace etch

#endif
