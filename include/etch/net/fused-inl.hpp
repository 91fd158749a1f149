// The passes of a layer that does the work of a neighbour.

#if defined(ETCH_NET_FUSED_INL_HPP) == defined(HWY_TARGET_TOGGLE)
#ifdef ETCH_NET_FUSED_INL_HPP
#undef ETCH_NET_FUSED_INL_HPP
#else
#define ETCH_NET_FUSED_INL_HPP
#endif

#include "etch/kernel/dropout-inl.hpp"
#include "etch/kernel/elementwise-inl.hpp"
#include "etch/layer/passes-inl.hpp"
#include "etch/net/fused.hpp"

HWY_BEFORE_NAMESPACE();
namespace etch::HWY_NAMESPACE {

/// What R, which rectifies, makes of vectors in the stores of its neighbours.
template <class R, class In>
struct InStores {
  /// Calls `pass(finish)` with what it makes of those that are stored to `y`.
  template <class Pass>
  static HWY_INLINE void forward(const Context&, const float*, int, const Pass& pass) {
    pass(Rectify());
  }

  /// The same of gradients that are stored to `dx`, where `y` is what it made forward.
  static HWY_INLINE auto data_gradient(const Context&, const float* y, const float* dx) {
    return WherePositive{y, dx};
  }
};

template <class R, class D, std::size_t Index, class In>
struct InStores<Joined<R, D, Index>, In> {
  template <class Pass>
  static HWY_INLINE void forward(const Context& context, const float* y, int rows,
                                 const Pass& pass) {
    if (!context.training) return pass(Rectify());
    Context own = context;
    own.layer = Index;
    pass(RectifyAndDrop{Passes<D, In>::drop(own, y, rows)});
  }

  static HWY_INLINE auto data_gradient(const Context& context, const float* y, const float* dx) {
    return WherePositiveScaled{{y, dx}, Passes<D, In>::factor(context)};
  }
};

template <class R, class D, std::size_t Index, class In>
struct Passes<Joined<R, D, Index>, In> {
  using Here = InStores<Joined<R, D, Index>, In>;

  static HWY_NOINLINE void forward(const Context& context, const float* x, const float* const*,
                                   float* y, int rows) {
    Here::forward(context, y, rows, [&](const auto& finish) ETCH_LAMBDA {
      finish_all(x, y, rows * In::stride, finish);
    });
  }

  static HWY_NOINLINE void data_gradient(const Context& context, const float*, const float* y,
                                         const float* const*, const float* dy, float* dx,
                                         int rows) {
    finish_all(dy, dx, rows * In::stride, Here::data_gradient(context, y, dx));
  }
};

template <class Layer, class S, class In>
struct Passes<FusedSelection<Layer, S>, In> {
  using Both = FusedSelection<Layer, S>;
  using Between = typename Both::template Between<In>;
  using Out = typename Both::template Output<In>;
  static constexpr auto selection = Both::template selection<In>;

  template <class Finish = Unchanged>
  static HWY_NOINLINE void forward(const Context& context, const float* x,
                                   const float* const* variables, float* y, int rows,
                                   const Finish& finish = {}) {
    using First = Passes<Layer, In>;
    if constexpr (requires { requires First::template infers_selected<selection>; }) {
      if (!context.training) {
        return First::template inference_of_selected<selection>(context, x, variables, y, rows,
                                                                finish);
      }
    }
    float* between = context.scratch + forward_scratch_of<Layer, In>();
    for (int n = 0; n < rows; ++n) {
      Context here = context;
      if (context.saved != nullptr) here.saved += n * saved_stride<Both, In>;
      First::forward(here, x + n * In::stride, variables, between, 1);
      Passes<S, Between>::forward(here, between, nullptr, y + n * Out::stride, 1, finish);
    }
  }

  template <class Finish = Unchanged>
  static void data_gradient(const Context& context, const float*, const float*,
                            const float* const* variables, const float* dy, float* dx, int rows,
                            const Finish& finish = {}) {
    Passes<Layer, In>::template data_gradient_of_selected<selection>(context, variables, dy, dx,
                                                                     rows, finish);
  }

  static constexpr int gradient_tiles = 1;

  static void weight_gradient(const Context& context, int, const float* x, const float* dy,
                              float* const* gradients, int rows) {
    Passes<Layer, In>::template weight_gradient_of_selected<selection>(context, x, dy, gradients,
                                                                       rows);
  }
};

template <class Layer, class R, class In>
struct Passes<FusedForward<Layer, R>, In> : Passes<Layer, In> {
  static void forward(const Context& context, const float* x, const float* const* variables,
                      float* y, int rows) {
    using Out = typename Layer::template Output<In>;
    Context behind = context;
    behind.scratch += forward_scratch_of<Layer, In>();
    InStores<R, Out>::forward(behind, y, rows, [&](const auto& finish) ETCH_LAMBDA {
      Passes<Layer, In>::forward(context, x, variables, y, rows, finish);
    });
  }
};

template <class R, class Layer, class In>
struct Passes<FusedDataGradient<R, Layer>, In> : Passes<Layer, In> {
  static void data_gradient(const Context& context, const float* x, const float* y,
                            const float* const* variables, const float* dy, float* dx, int rows) {
    Passes<Layer, In>::data_gradient(context, x, y, variables, dy, dx, rows,
                                     InStores<R, In>::data_gradient(context, x, dx));
  }
};

}  // namespace etch::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
