// The network at work: forward and backward over some samples of a batch.

#if defined(ETCH_NET_SWEEP_INL_HPP) == defined(HWY_TARGET_TOGGLE)
#ifdef ETCH_NET_SWEEP_INL_HPP
#undef ETCH_NET_SWEEP_INL_HPP
#else
#define ETCH_NET_SWEEP_INL_HPP
#endif

#include <algorithm>
#include <array>
#include <cstring>

#include "etch/base/pictures.hpp"
#include "etch/kernel/bytes-inl.hpp"
#include "etch/layer/passes-inl.hpp"
#include "etch/net/arena.hpp"
#include "etch/net/arrays.hpp"
#include "etch/net/fused-inl.hpp"
#include "etch/net/pass_times.hpp"

HWY_BEFORE_NAMESPACE();
namespace etch::HWY_NAMESPACE {

/// Zeros behind each of `rows` samples at `x`, where another array may have lain.
template <class S>
HWY_INLINE void clear_padding(float* x, int rows) {
  if constexpr (S::size != S::stride) {
    for (int row = 0; row < rows; ++row) {
      std::fill(x + row * S::stride + S::size, x + (row + 1) * S::stride, 0.0f);
    }
  }
}

/// Pictures [first, first + rows) as floats, Stride apart, at `x`.
template <class Input>
void gather(const Pictures& pictures, std::size_t first, int rows, float* HWY_RESTRICT x) {
  constexpr std::size_t size = Input::size;
  clear_padding<Input>(x, rows);
  for (std::size_t row = 0; row < static_cast<std::size_t>(rows); ++row) {
    float* HWY_RESTRICT to = x + row * Input::stride;
    if (const std::uint8_t* bytes = pictures.bytes(first + row)) {
      floats_of(bytes, to, size);
    } else {
      std::memcpy(to, pictures.floats(first + row), size * sizeof(float));
    }
  }
}

/// Picture `first` where it lies, if a network can read it and the next ones there, or null.
template <class Input>
const float* readable_in_place(const Pictures& pictures, std::size_t first) {
  const float* all = Input::size == Input::stride ? pictures.in_place() : nullptr;
  return all == nullptr ? nullptr : all + first * Input::size;
}

/// The sweeps over samples [first, first + rows) of a batch.
template <class Net>
struct Sweep {
  using Places = Arena<Net>;
  template <class T>
  using Variables = std::array<T*, Places::most_variables>;

  const float* parameters;
  const Arrays<Net>& arrays;
  const float* input;  // of sample `first`, in `arrays` or where the caller has it
  int first, rows;
  Context context;
  float* stored_gradients = nullptr;  // what backward() finds of them
  PassTimes<Net>* times = nullptr;    // where a profile is wanted

  template <class Step, class T>
  static Variables<T> variables(T* arena,
                                const typename Places::Layout& layout = Places::parameters) {
    Variables<T> pointers{};
    for (std::size_t v = 0; v < Step::variables.size(); ++v) {
      pointers[v] = arena + layout.offset[Step::index][v];
    }
    return pointers;
  }

  /// What the step at `position` knows.
  template <class Step>
  Context context_of(std::size_t position) const {
    Context here = context;
    here.layer = Step::index;
    here.first_row = static_cast<std::uint32_t>(first);
    if (position > 0) here.rows_ahead = 0;
    here.saved = arrays.saved[position];
    return here;
  }

  /// What the layer at `position` reads.
  const float* x_of(std::size_t position) const {
    return position == 0 ? input : arrays.activations[position];
  }

  using LayerTimes = typename PassTimes<Net>::Layer;
  /// For the profile: layer `i` has done `pass`.
  void ends(std::size_t i, typename PassTimes<Net>::Time LayerTimes::*pass) const {
    if (times != nullptr) times->lap(times->layers[i].*pass);
  }

  /// From the network's input to its output.
  void forward() const {
    for_each_executed<Net>([&]<class Step, std::size_t Position>() HWY_ATTR {
      const float* x = x_of(Position);
      float* y = arrays.activations[Position + 1];
      if (y != x) clear_padding<typename Step::Out>(y, rows);
      Passes<typename Step::Layer, typename Step::In>::forward(
          context_of<Step>(Position), x, variables<Step>(parameters).data(), y, rows);
      ends(Step::index, &LayerTimes::forward);
    });
  }

  /// From the gradient of the output to those of all activations that a weight gradient needs, and
  /// the gradients that are stored.
  void backward() const {
    meta::for_each_index<executed_size<Net>>([&]<std::size_t FromLast>() HWY_ATTR {
      constexpr std::size_t position = executed_size<Net> - 1 - FromLast;
      using Step = meta::mp_at_c<typename Net::Executed, position>;
      if constexpr (Step::has_variables && !Step::updates) {
        using Layer = Passes<typename Step::Layer, typename Step::In>;
        const auto to = variables<Step>(stored_gradients, Places::stored_gradients);
        for (int tile = 0; tile < Layer::gradient_tiles; ++tile) {
          Layer::weight_gradient(context_of<Step>(position), tile, x_of(position),
                                 arrays.gradients[position + 1], to.data(), rows);
        }
        ends(Step::index, &LayerTimes::weight_gradient);
      }
      if constexpr (Step::index > Net::first_trained) {
        using Layer = typename Step::Layer;
        using In = typename Step::In;
        constexpr Reads reads = data_gradient_reads_of<Layer>();
        const float* x = reads.x ? x_of(position) : nullptr;
        const float* y = reads.y ? arrays.activations[position + 1] : nullptr;
        const float* dy = arrays.gradients[position + 1];
        float* dx = arrays.gradients[position];
        if (dx != dy) clear_padding<In>(dx, rows);
        Passes<Layer, In>::data_gradient(context_of<Step>(position), x, y,
                                         variables<Step>(parameters).data(), dy, dx, rows);
        ends(Step::index, &LayerTimes::data_gradient);
      }
    });
  }

  /// Tile `tile` of the gradients that are not stored, from what was kept of a batch: calls
  /// `take.template operator()<Step>(gradient, tile)` for the step that it belongs to, and `take`
  /// calls gradient(variables), or gradient(variables, stores): see Passes.
  template <class Take>
  void weight_gradient(int tile, const Take& take) const {
    int before = 0;
    for_each_executed<Net>([&]<class Step, std::size_t Position>() HWY_ATTR {
      if constexpr (Step::updates) {
        using Layer = Passes<typename Step::Layer, typename Step::In>;
        static_assert(Layer::gradient_tiles ==
                      updating_tiles_of<typename Step::Layer, typename Step::In>());
        if (tile >= before && tile < before + Layer::gradient_tiles) {
          const auto gradient = [&](float* const* to, auto... stores) HWY_ATTR {
            const Context here = context_of<Step>(Position);
            const float* x = x_of(Position);
            const float* dy = arrays.gradients[Position + 1];
            if constexpr (sizeof...(stores) == 0) {
              Layer::weight_gradient(here, tile - before, x, dy, to, rows);
            } else {
              Layer::weight_update(here, tile - before, x, dy, to, rows, stores...);
            }
          };
          take.template operator()<Step>(gradient, tile);
          ends(Step::index, &LayerTimes::weight_gradient);
        }
        before += Layer::gradient_tiles;
      }
    });
  }
};

}  // namespace etch::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
