#ifndef ETCH_BENCH_WORKLOAD_HPP
#define ETCH_BENCH_WORKLOAD_HPP

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <random>

#include "etch/bench/batch.hpp"
#include "etch/bench/measure.hpp"

namespace etch::bench {

/// One pass at one step of `Net` for a batch of random samples, as the training step does it, but
/// that each array has a place of its own: sample_tile samples at a time forward, for data
/// gradients and for those of weights that are stored, each tile's beside those of the others; tile
/// by tile of the other weights, and update_tile parameters at a time. Cold, every call finds its
/// parameters in memory: another copy of them, of so many that none is still in the cache when its
/// turn comes again.
template <class Net, Pass pass, class Step, int Batch, class Optimizer>
class Workload {
 public:
  static constexpr Cost cost = cost_of<Step>(pass, Batch, Optimizer::slots);

  explicit Workload(Weights weights) {
    draw_samples<In>(batch_.x);
    draw_samples<Out>(batch_.dy);
    for (std::size_t a = 0; a < drawn; ++a) draw_parameters(parameters_ + a * floats);
    if constexpr (pass == Pass::data_gradient || pass == Pass::weight_gradient) {
      forward(parameters_);  // they may read what that left, by whatever parameters
    }
    if (weights == Weights::cold) leave_cache();
  }

  Workload(const Workload&) = delete;

  /// Does it once.
  void operator()() {
    float* parameters = parameters_ + next_ * warm_.size();
    next_ = (next_ + 1) % copies_;
    if constexpr (pass == Pass::forward) forward(parameters);
    if constexpr (pass == Pass::data_gradient) data_gradient(parameters);
    if constexpr (pass == Pass::weight_gradient) weight_gradient(parameters);
    if constexpr (pass == Pass::update) update(parameters);
    if constexpr (pass == Pass::weight_update) weight_update(parameters);
  }

 private:
  using Layer = typename Step::Layer;
  using In = typename Step::In;
  using Out = typename Step::Out;
  using Variables = std::array<float*, std::max<std::size_t>(1, Step::variables.size())>;

  /// Floats of an array that is laid out as the layer's parameters are, variable after variable.
  static constexpr std::size_t floats = [] {
    std::size_t sum = 0;
    for (const Variable& variable : Step::variables) sum += round_up(variable.floats, cache_line);
    return sum;
  }();

  /// Such arrays of gradients that an update sums.
  static constexpr int sums = gradient_sums<Net, Step, Batch>;

  /// Such arrays that the pass reads and writes: parameters or gradients; an update all.
  static constexpr std::size_t arrays = pass == Pass::update          ? 1 + sums + Optimizer::slots
                                        : pass == Pass::weight_update ? 1 + Optimizer::slots
                                        : pass == Pass::weight_gradient ? sums
                                                                        : 1;

  /// Those of them that are random: what an optimiser keeps begins as zeros, the last arrays.
  static constexpr std::size_t drawn =
      pass == Pass::update || pass == Pass::weight_update ? arrays - Optimizer::slots : arrays;

  /// Where the variables begin in such an array.
  static Variables variables(float* array) {
    Variables pointers{};
    for (std::size_t v = 0; v < Step::variables.size(); ++v) {
      pointers[v] = array;
      array += round_up(Step::variables[v].floats, cache_line);
    }
    return pointers;
  }

  float number() {
    return static_cast<float>(random_()) / static_cast<float>(random_.max()) - 0.5f;
  }

  template <class Shape>
  void draw_samples(Buffer& samples) {
    for (std::ptrdiff_t row = 0; row < Batch; ++row) {
      std::generate_n(samples.data() + row * Shape::stride, Shape::size,
                      [this] { return number(); });
    }
  }

  void draw_parameters(float* array) {
    const Variables to = variables(array);
    for (std::size_t v = 0; v < Step::variables.size(); ++v) {
      for (std::size_t i = 0; i < Step::variables[v].size(); ++i)
        to[v][Step::place(v, i)] = number();
    }
  }

  /// Parameters too many for the caches leave them by themselves.
  void leave_cache() {
    Buffer& far = machine().far();
    if (far.size() < 2 * warm_.size()) return;
    copies_ = far.size() / warm_.size();
    parameters_ = far.data();
    for (std::size_t copy = 0; copy < copies_; ++copy) {
      std::copy_n(warm_.data(), warm_.size(), parameters_ + copy * warm_.size());
    }
  }

  void forward(float* parameters) {
    const Variables values = variables(parameters);
    for_each_tile<Net, Step, Batch>(batch_, [&](const SampleTile& tile) {
      ETCH_DISPATCH(target_, forward<Layer, In>)
      (batch_.context, tile.x, values.data(), tile.y, tile.rows);
    });
  }

  void data_gradient(float* parameters) {
    const Variables values = variables(parameters);
    for_each_tile<Net, Step, Batch>(batch_, [&](const SampleTile& tile) {
      ETCH_DISPATCH(target_, data_gradient<Layer, In>)
      (batch_.context, tile.x, tile.y, values.data(), tile.dy, tile.dx, tile.rows);
    });
  }

  void weight_gradient(float* gradients) {
    const int tiles = ETCH_DISPATCH(target_, gradient_tiles<Layer, In>)();
    for_each_gradient_tile<Net, Step, Batch>(batch_, [&](const SampleTile& samples) {
      const Variables to = variables(gradients);
      gradients += floats;
      for (int tile = 0; tile < tiles; ++tile) {
        ETCH_DISPATCH(target_, weight_gradient<Layer, In>)
        (batch_.context, tile, samples.x, samples.dy, to.data(), samples.rows);
      }
    });
  }

  /// At the rate 0, so that the numbers stay sane however long it runs.
  void update(float* parameters) {
    for (std::size_t first = 0; first < floats; first += update_tile) {
      Slots<Optimizer> slots;
      for (std::size_t s = 0; s < slots.size(); ++s) {
        slots[s] = parameters + (1 + sums + s) * floats + first;
      }
      ETCH_DISPATCH(target_, apply<Optimizer>)
      (Optimizer(), UpdateContext(), parameters + first,
       StoredGradients{parameters + floats + first, sums, floats}, slots,
       std::min(update_tile, floats - first));
    }
  }

  /// At the rate 0, too.
  void weight_update(float* parameters) {
    const Variables values = variables(parameters);
    Slots<Optimizer> slots;
    for (std::size_t s = 0; s < slots.size(); ++s) slots[s] = parameters + (1 + s) * floats;
    const SampleTile all = tile_of<Step>(batch_, 0, Batch);
    const int tiles = ETCH_DISPATCH(target_, gradient_tiles<Layer, In>)();
    for (int tile = 0; tile < tiles; ++tile) {
      ETCH_DISPATCH(target_, apply_tile<Step, Optimizer>)
      (Optimizer(), UpdateContext(), batch_.context, tile, all.x, all.dy, values.data(), slots,
       all.rows);
    }
  }

  std::minstd_rand random_;
  std::int64_t target_ = simd::choose().id;
  BatchArrays batch_ = BatchArrays::of<Step, Batch>();
  Buffer warm_{arrays * floats};
  float* parameters_ = warm_.data();  // the first copy
  std::size_t copies_ = 1, next_ = 0;
};

}  // namespace etch::bench

#endif
