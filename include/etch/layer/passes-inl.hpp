// What a layer does, once for each SIMD target.

#if defined(ETCH_LAYER_PASSES_INL_HPP) == defined(HWY_TARGET_TOGGLE)
#ifdef ETCH_LAYER_PASSES_INL_HPP
#undef ETCH_LAYER_PASSES_INL_HPP
#else
#define ETCH_LAYER_PASSES_INL_HPP
#endif

#include "etch/kernel/finish-inl.hpp"
#include "etch/kernel/vec-inl.hpp"
#include "etch/layer/contract.hpp"

HWY_BEFORE_NAMESPACE();
namespace etch::HWY_NAMESPACE {

/// Only a layer without passes asks.
template <class Layer, class In>
struct has_passes {
  static constexpr bool value = false;
};

/// A layer specialises it for its own type, with static functions
///
///   forward(context, x, variables, y, rows)
///   data_gradient(context, x, y, variables, dy, dx, rows)
///
/// and, where it has variables, for each of which `gradients` is one array, whole when all tiles
/// are done, each by anybody and in any order,
///
///   gradient_tiles
///   weight_gradient(context, tile, x, dy, gradients, rows)
///
/// and, if the layer has updating_tiles,
///
///   weight_update(context, tile, x, dy, parameters, rows, stores)
///
/// which sums the same, and hands each vector of variable v's gradient, when it is whole, to
/// stores[v](vector, place): there lies the vector of parameters that it belongs to. Such a layer
/// sees the whole batch at once; of others training sums the gradients of some samples at a time.
///
/// What fuses, see contract.hpp, takes one argument more,
///
///   forward(context, x, variables, y, rows, finish)
///   data_gradient(context, x, y, variables, dy, dx, rows, finish)
///
/// if it is given, and stores what `finish` makes of y, or of dx: see finish-inl.hpp. The former
/// leaves the scratch memory behind its forward_scratch to `finish`.
///
/// What takes_selected has
///
///   data_gradient_of_selected<selection>(context, variables, dy, dx, rows, finish)
///   weight_gradient_of_selected<selection>(context, x, dy, gradients, rows)
///
/// the gradients of it and of the layer behind, which selects, where dy is that one's, and what it
/// saved at context.saved; and may have
///
///   infers_selected<selection>
///   inference_of_selected<selection>(context, x, variables, y, rows, finish)
///
/// whether, and how, both are computed at once where there will be no gradients.
///
/// What drops has
///
///   drop(context, y, rows)
///   factor(context)
///
/// the Drop (see dropout-inl.hpp) of what is stored from y on, for which it takes the scratch
/// memory, and the factor of what is kept.
///
/// A layer that has saved<In>() finds those floats at context.saved: forward writes them, unless
/// that is null, and the gradients of the same rows read them.
///
/// x, y, dx, dy: `rows` samples, Shape::stride floats apart. What pads a sample is zero on entry
/// and must be so on return. dx may be dy where the layer works in place, and x where it lets
/// data_gradient_over_x. The first layer's x may be the caller's own array, at any float's
/// address, and is not to be written. Sums run in a fixed order, that of one sample the same for
/// any `rows`.
template <class Layer, class In>
struct Passes {
  // They are here so that the compiler has nothing further to complain about, before the assertion
  // because clang leaves out of a class what follows a failed one.
  static void forward(const auto&...) {}
  static void data_gradient(const auto&...) {}
  static constexpr int gradient_tiles = 1;
  static void weight_gradient(const auto&...) {}

  static_assert(has_passes<Layer, In>::value,
                "etch: Network: requires the passes of each layer for this SIMD target, a layer "
                "without came; include its header (before <etch/etch.hpp>, named by ETCH_LAYERS), "
                "which must be read once for each (HWY_TARGET_TOGGLE)");
};

// A layer's passes as functions that ETCH_DISPATCH can take the address of.

template <class Layer, class In>
void forward(const Context& context, const float* x, const float* const* variables, float* y,
             int rows) {
  Passes<Layer, In>::forward(context, x, variables, y, rows);
}

template <class Layer, class In>
void data_gradient(const Context& context, const float* x, const float* y,
                   const float* const* variables, const float* dy, float* dx, int rows) {
  Passes<Layer, In>::data_gradient(context, x, y, variables, dy, dx, rows);
}

template <class Layer, class In>
int gradient_tiles() {
  return Passes<Layer, In>::gradient_tiles;
}

template <class Layer, class In>
void weight_gradient(const Context& context, int tile, const float* x, const float* dy,
                     float* const* gradients, int rows) {
  Passes<Layer, In>::weight_gradient(context, tile, x, dy, gradients, rows);
}

}  // namespace etch::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
