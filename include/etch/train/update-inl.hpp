// The update of the parameters, by whatever rule the optimiser has.

#ifndef ETCH_TRAIN_UPDATE_HPP
#define ETCH_TRAIN_UPDATE_HPP

#include <array>
#include <cstddef>
#include <cstdint>

namespace etch {

/// What an update may know beside its arrays.
struct UpdateContext {
  float rate = 0;          // the learning rate of this step
  float l2 = 0;            // strength of half the sum of squared weights in the loss
  float weight_decay = 0;  // share of the weights, times the rate, that is lost beside the gradient
  std::uint32_t step = 0;  // of training, from 0
};

/// Where the numbers lie that an optimiser keeps for each parameter.
template <class Optimizer>
using Slots = std::array<float*, Optimizer::slots>;

/// Gradients of the same parameters by each of some tiles of samples, so many floats apart.
struct StoredGradients {
  const float* first = nullptr;
  int tiles = 1;
  std::size_t stride = 0;
};

}  // namespace etch

#endif

#if defined(ETCH_TRAIN_UPDATE_INL_HPP) == defined(HWY_TARGET_TOGGLE)
#ifdef ETCH_TRAIN_UPDATE_INL_HPP
#undef ETCH_TRAIN_UPDATE_INL_HPP
#else
#define ETCH_TRAIN_UPDATE_INL_HPP
#endif

#include <utility>

#include "etch/kernel/vec-inl.hpp"
#include "etch/layer/passes-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace etch::HWY_NAMESPACE {

/// The gradient by all samples of the i-th and the following parameters, the tiles' sums in order.
HWY_INLINE Vec sum_at(const StoredGradients& gradients, std::size_t i) {
  const float* from = gradients.first + i;
  Vec sum = hn::LoadU(float_tag, from);
  for (int tile = 1; tile < gradients.tiles; ++tile) {
    sum = hn::Add(sum, hn::LoadU(float_tag, from += gradients.stride));
  }
  return sum;
}

/// The same for `size` parameters, a multiple of 16. `sums` may be the first of the gradients.
inline void sum_all(const StoredGradients& gradients, std::size_t size, float* sums) {
  for (std::size_t i = 0; i < size; i += lanes) {
    hn::StoreU(sum_at(gradients, i), float_tag, sums + i);
  }
}

/// Only an optimiser without an Update asks.
template <class Optimizer>
struct has_update {
  static constexpr bool value = false;
};

/// An optimiser specialises it for its own type, with
///
///   Update(optimizer, context)              what holds of a whole step
///   operator()(w, gradient, slots) -> Vec   the new parameters; `slots` is an array of Vec, which
///                                           were zero before the first step and are kept
template <class Optimizer>
struct Update {
  // As in Passes.
  Update(const Optimizer&, const UpdateContext&) {}
  HWY_INLINE Vec operator()(Vec w, Vec, Vec*) const { return w; }

  static_assert(has_update<Optimizer>::value,
                "etch: Trainer: requires an Update of its optimiser for this SIMD target, an "
                "optimiser without came; include its header (before <etch/etch.hpp>, named by "
                "ETCH_LAYERS), which must be read once for each (HWY_TARGET_TOGGLE)");
};

/// Updates parameters, a vector of them at a time, by their gradients. A kernel that updates many
/// works on a copy of its own, which the compiler can keep in registers.
template <class Optimizer>
class UpdateParameters {
 public:
  /// `first` is the first parameter to which the numbers in `slots` belong, in the same order.
  UpdateParameters(const Optimizer& optimizer, const UpdateContext& context, float* first,
                   const Slots<Optimizer>& slots)
      : update_(optimizer, context),
        l2_(hn::Set(float_tag, context.l2)),
        keep_(hn::Set(float_tag, 1 - context.rate * context.weight_decay)),
        first_(first),
        slots_(slots) {
    for (Vec& sum : squares_) sum = hn::Zero(float_tag);
  }

  /// Takes over the sums of a copy that has worked. (Assigning all of it would load what was just
  /// stored in other widths, and wait until all stores before are done: two threads' weight update
  /// of mlp_l2 took 9 % longer.)
  HWY_INLINE void join(const UpdateParameters& copy) {
    squares_[0] = copy.squares_[0];
    squares_[1] = copy.squares_[1];
  }

  /// Fetches what will be needed for the vector at `w`.
  HWY_INLINE void prepare(const float* w) const {
    fetch_to_store(w);
    for (float* slot : slots_) fetch_to_store(slot + (w - first_));
  }

  HWY_INLINE void operator()(Vec gradient, float* w) {
    constexpr std::size_t count = Optimizer::slots;
    const Vec before = hn::LoadU(float_tag, w);
    const Vec g = hn::MulAdd(l2_, before, gradient);
    add_square(before);
    [[maybe_unused]] Vec kept[count + 1];  // no array is empty
    [[maybe_unused]] const std::ptrdiff_t i = w - first_;
    for (std::size_t s = 0; s < count; ++s) kept[s] = hn::LoadU(float_tag, slots_[s] + i);
    hn::StoreU(update_(hn::Mul(keep_, before), g, kept), float_tag, w);
    for (std::size_t s = 0; s < count; ++s) hn::StoreU(kept[s], float_tag, slots_[s] + i);
  }

  /// The sum of the squares of those parameters before.
  float squares() const {
    return hn::GetLane(hn::SumOfLanes(float_tag, hn::Add(squares_[0], squares_[1])));
  }

 private:
  /// To one of two sums that take turns: each addition to one alone would wait for the last, and
  /// more of them would leave too few registers beside a tile's sums of gradients.
  HWY_INLINE void add_square(Vec w) {
    const Vec sum = hn::MulAdd(w, w, squares_[0]);
    squares_[0] = squares_[1];
    squares_[1] = sum;
  }

  Update<Optimizer> update_;
  Vec l2_, keep_, squares_[2];
  float* first_;
  Slots<Optimizer> slots_;
};

/// Updates `size` parameters, a multiple of 16.
template <class Optimizer>
HWY_INLINE void update_all(UpdateParameters<Optimizer>& update, float* HWY_RESTRICT w,
                           const StoredGradients& gradients, std::size_t size) {
  UpdateParameters<Optimizer> own = update;
  for (std::size_t i = 0; i < size; i += lanes) own(sum_at(gradients, i), w + i);
  update.join(own);
}

// What benchmarks call.

/// The same. Returns the sum of their squares before it.
template <class Optimizer>
float apply(const Optimizer& optimizer, const UpdateContext& context, float* HWY_RESTRICT w,
            const StoredGradients& gradients, const Slots<Optimizer>& slots, std::size_t size) {
  UpdateParameters<Optimizer> update(optimizer, context, w, slots);
  update_all(update, w, gradients, size);
  return update.squares();
}

/// Updates the parameters of a layer while tile `tile` of their gradients is summed. The numbers of
/// an optimiser lie as the parameters do from the first variable on.
template <class Step, class Optimizer>
void apply_tile(const Optimizer& optimizer, const UpdateContext& update, const Context& context,
                int tile, const float* x, const float* dy, float* const* parameters,
                const Slots<Optimizer>& slots, int rows) {
  const UpdateParameters<Optimizer> one(optimizer, update, parameters[0], slots);
  [&]<std::size_t... V>(std::index_sequence<V...>) HWY_ATTR {
    UpdateParameters<Optimizer> each[]{(static_cast<void>(V), one)...};
    Passes<typename Step::Layer, typename Step::In>::weight_update(context, tile, x, dy, parameters,
                                                                   rows, each);
  }
  (std::make_index_sequence<Step::variables.size()>());
}

}  // namespace etch::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
