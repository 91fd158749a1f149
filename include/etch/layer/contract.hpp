#ifndef ETCH_LAYER_CONTRACT_HPP
#define ETCH_LAYER_CONTRACT_HPP

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "etch/base/round.hpp"
#include "etch/shape/shape.hpp"

namespace etch {

// What a layer says of itself. docs/adding-a-layer.md writes a small one.
//
// A layer is an empty type, such as Dense<10>, with
//
//   name                        "dense": how summaries, files and messages call it
//   Output<In>                  the shape that follows from the input's
//   Requirements<Index, In>     a type whose static_asserts refuse, each with a sentence, what
//                               cannot be; their traits show the layer's index, itself and In
//
// what it has of
//
//   flops<In>()                 2 for every product that one sample's forward pass sums as it is
//                               defined
//   variables<In>()             std::array<Variable, n>: its parameters
//   place<In>(variable, i)      where element i of a variable, in TensorFlow's order, lies
//   saved<In>()                 floats that forward, in training, leaves the gradients of a
//                               sample, beside x and y: see Context
//   scratch<In>(rows)           floats of scratch memory that a pass over `rows` samples needs in
//                               training, forward_scratch() at least
//   forward_scratch<In>()       those of them that forward needs, which it has in inference, too
//   updating_tiles<In>()        how many tiles weight_gradient falls into, on every target, where
//                               it can update the parameters instead of storing their gradients
//   gradient_flops<In>()        those of each gradient, where they differ from forward's
//   weight_gradient_reads_saved true if it does
//   data_gradient_reads         Reads: which of x and y that pass reads; both, where it is not said
//   data_gradient_over_x<In>()  where that pass, alone or fused, reads x: true if it reads no
//                               element after it has written that of dx, and dx had better lie
//                               over x
//   traits                      Traits: what rewrites and the plan of memory may make use of
//   selection<In>               of a layer that selects the largest elements: the windows that it
//                               does so from. It saves their numbers, see max_pool2d_sizes.hpp, and
//                               fuses_forward
//   takes_selected<In, selection>(), selected_scratch<In, selection>()
//                               where gradients can be taken of what a next layer selects alone:
//                               whether that is worth it, and the scratch memory it needs. Of a
//                               layer that fuses_forward, and stores its gradients; one derived
//                               from such that has another forward or other gradients says false
//
// and for every SIMD target Passes<Layer, In>: see passes-inl.hpp.

/// One array of parameters of a layer.
struct Variable {
  std::string_view name;       // "kernel", "bias"
  std::array<int, 4> extents;  // in TensorFlow's order, of which the first `rank` count
  std::size_t rank;
  std::size_t floats;  // as it lies in memory, padding included
  int fan_in;          // products that one output sums
  bool is_weight;      // weights start at random and decay (L2); biases do neither

  constexpr std::size_t size() const {
    std::size_t product = 1;
    for (std::size_t axis = 0; axis < rank; ++axis) {
      product *= static_cast<std::size_t>(extents[axis]);
    }
    return product;
  }
};

/// What of a layer's input and output a pass reads.
struct Reads {
  bool x = true, y = true;
};

template <class Layer>
concept IsLayer = requires {
  { Layer::name } -> std::convertible_to<std::string_view>;
};

template <class Layer, class In>
constexpr auto variables_of() {
  if constexpr (requires { Layer::template variables<In>(); }) {
    return Layer::template variables<In>();
  } else {
    return std::array<Variable, 0>{};
  }
}

template <class Layer, class In>
constexpr std::uint64_t flops_of() {
  if constexpr (requires { Layer::template flops<In>(); }) {
    return Layer::template flops<In>();
  } else {
    return 0;
  }
}

template <class Layer, class In>
constexpr std::uint64_t gradient_flops_of() {
  if constexpr (requires { Layer::template gradient_flops<In>(); }) {
    return Layer::template gradient_flops<In>();
  } else {
    return flops_of<Layer, In>();
  }
}

template <class Layer>
constexpr bool weight_gradient_reads_saved_of() {
  if constexpr (requires { Layer::weight_gradient_reads_saved; }) {
    return Layer::weight_gradient_reads_saved;
  } else {
    return false;
  }
}

template <class Layer, class In>
constexpr std::size_t forward_scratch_of() {
  if constexpr (requires { Layer::template forward_scratch<In>(); }) {
    return Layer::template forward_scratch<In>();
  } else {
    return 0;
  }
}

template <class Layer, class In>
constexpr std::size_t scratch_of(int rows) {
  if constexpr (requires { Layer::template scratch<In>(rows); }) {
    return Layer::template scratch<In>(rows);
  } else {
    return 0;
  }
}

template <class Layer, class In>
constexpr std::size_t saved_of() {
  if constexpr (requires { Layer::template saved<In>(); }) {
    return Layer::template saved<In>();
  } else {
    return 0;
  }
}

/// Floats from what forward saved of one sample to that of the next: whole cache lines.
template <class Layer, class In>
inline constexpr std::ptrdiff_t saved_stride{round_up(saved_of<Layer, In>(), cache_line)};

/// 0 for layers whose gradients are stored first.
template <class Layer, class In>
constexpr int updating_tiles_of() {
  if constexpr (requires { Layer::template updating_tiles<In>(); }) {
    return Layer::template updating_tiles<In>();
  } else {
    return 0;
  }
}

template <class Layer>
constexpr Reads data_gradient_reads_of() {
  if constexpr (requires { Layer::data_gradient_reads; }) {
    return Layer::data_gradient_reads;
  } else {
    return {};
  }
}

/// Whether dx may lie over x. The weight gradient reads x before, or keeps it.
template <class Layer, class In>
constexpr bool data_gradient_over_x_of() {
  if constexpr (!data_gradient_reads_of<Layer>().x) {
    return true;
  } else if constexpr (requires { Layer::template data_gradient_over_x<In>(); }) {
    return Layer::template data_gradient_over_x<In>();
  } else {
    return false;
  }
}

/// What may be true of a layer, so that networks take less time and memory than as written.
struct Traits {
  /// Each element depends on that element alone: forward may write y over x, and data_gradient dx
  /// over dy.
  bool in_place = false;
  /// Each element depends on that element alone, never falls where that rises, and rises with it
  /// wherever the gradient passes. Of no use to what has parameters.
  bool monotone = false;
  /// Each element is one of the input's, chosen by order alone, and its gradient goes there.
  bool selects = false;
  /// Each element is max(x, 0).
  bool rectifies = false;
  /// Each element is in training zero, or x times one factor of at least 1, by chance alone, and x
  /// elsewhere.
  bool drops = false;
  /// forward can do that of a layer behind it that rectifies, and of a next one that drops;
  /// data_gradient then sees the y that is stored.
  bool fuses_forward = false;
  /// data_gradient can do that of such layers before it, and then reads x.
  bool fuses_data_gradient = false;
};

template <class Layer>
constexpr Traits traits_of() {
  if constexpr (requires { Layer::traits; }) {
    return Layer::traits;
  } else {
    return {};
  }
}

/// What a pass may know beside its arrays.
struct Context {
  bool training = false;              // dropout drops in it alone; else outputs may round otherwise
  std::optional<float> dropout_rate;  // instead of what the layer's type says
  std::uint64_t seed = 0;             // of the random draws
  std::uint32_t step = 0;             // of training
  std::uint32_t layer = 0;            // the layer's index
  std::uint32_t first_row = 0;        // where in the batch the rows of this call begin
  int rows_ahead = 0;                 // from x to the rows to be read next, if they lie behind it
  // In training scratch(rows) floats that are this call's alone, elsewhere forward_scratch().
  float* scratch = nullptr;
  // What forward saves for the gradients of the same rows, saved_stride floats apart; null where
  // there will be none.
  float* saved = nullptr;
};

}  // namespace etch

#endif
