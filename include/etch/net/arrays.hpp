#ifndef ETCH_NET_ARRAYS_HPP
#define ETCH_NET_ARRAYS_HPP

#include <array>
#include <cstddef>

#include "etch/net/memory_plan.hpp"

namespace etch {

/// The memory that a plan is laid out in: arrays that are kept hold `batch` samples, the others
/// `tile` samples at a time.
struct Storage {
  float* kept = nullptr;
  int batch = 0;
  float* transient = nullptr;
  int tile = 0;
};

/// The activations, and alike their gradients, of the samples of a batch from `first` on: entry 0
/// is the input's, entry i + 1 the output's of the i-th layer that is executed. And what the i-th
/// layer saves for its gradients, or null.
template <class Net>
struct Arrays {
  std::array<float*, executed_size<Net> + 1> activations{}, gradients{};
  std::array<float*, executed_size<Net>> saved{};

  Arrays(const PlanOf<Net>& plan, const Storage& storage, int first) {
    place(plan, storage, first, 0, Net::Input::stride);
    for_each_executed<Net>([&]<class Step, std::size_t Position>() {
      place(plan, storage, first, Position + 1, Step::Out::stride);
      if (const auto& place = plan.saved[Position]) {
        constexpr std::ptrdiff_t stride = saved_stride<typename Step::Layer, typename Step::In>;
        saved[Position] = at(*place, storage, first, stride);
      }
    });
  }

  float* input() const { return activations.front(); }
  float* output() const { return activations.back(); }

 private:
  void place(const PlanOf<Net>& plan, const Storage& storage, int first, std::size_t i,
             std::ptrdiff_t stride) {
    activations[i] = at(plan.activations[i], storage, first, stride);
    gradients[i] = at(plan.gradients[i], storage, first, stride);
  }

  static float* at(const typename PlanOf<Net>::Place& place, const Storage& storage, int first,
                   std::ptrdiff_t stride) {
    const auto before = static_cast<std::ptrdiff_t>(place.offset);
    return place.kept ? storage.kept + before * storage.batch + stride * first
                      : storage.transient + before * storage.tile;
  }
};

}  // namespace etch

#endif
