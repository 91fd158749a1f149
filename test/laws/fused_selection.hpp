#ifndef ETCH_TEST_LAWS_FUSED_SELECTION_HPP
#define ETCH_TEST_LAWS_FUSED_SELECTION_HPP

#include "laws/oracle.hpp"

namespace etch::test {

template <class Layer, class Pool>
struct Oracle<FusedSelection<Layer, Pool>> {
  template <class In>
  static void forward(const Context& context, const Reals& x, const std::vector<Reals>& variables,
                      Reals& y) {
    using Between = typename Layer::template Output<In>;
    Reals between(Between::size);
    Oracle<Layer>::template forward<In>(context, x, variables, between);
    Oracle<Pool>::template forward<Between>(context, between, {}, y);
  }
};

}  // namespace etch::test

#endif
