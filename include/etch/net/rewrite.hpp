#ifndef ETCH_NET_REWRITE_HPP
#define ETCH_NET_REWRITE_HPP

#include <cstddef>
#include <type_traits>

#include "etch/layer/contract.hpp"
#include "etch/meta/list.hpp"
#include "etch/net/fused.hpp"
#include "etch/net/step.hpp"

namespace etch {

// A network is written for people and executed for speed: from the list of steps as it is written
// follows the one that is executed. Rules match what layers say of themselves, never a layer.
//
// Monotone behind selecting: conv2d, relu, max_pool2d becomes conv2d, max_pool2d, relu. What is
// selected from the raised elements is what raising the selected ones gives, and there are fewer of
// them: a quarter behind MaxPool2D<2>, forward and backward. Values keep their bits, NaN included,
// and so do gradients where no NaN was selected; only the sign of a zero that was selected among
// zeros may be another.
//
// Selecting into what it selects from: conv2d, max_pool2d becomes conv2d+max_pool2d. Of each window
// one output alone has a gradient: the others are neither stored nor multiplied. Where a layer says
// that this is worth it, see takes_selected. Gradients are summed in another order, and have other
// roundings, than as written.
//
// Dropping with rectifying: relu, dropout becomes relu+dropout, one pass forward, and one backward,
// which sees from what it made where gradient passes and need not draw again what is kept.
//
// Rectifying, and dropping, into the neighbours' stores: dense, relu+dropout, dense becomes
// dense+relu+dropout, dense. The layer before does it to what it stores, and the layer behind
// passes on no more gradient than the layer between would: it sees from its input where that was
// positive.
//
// Values and gradients of these two keep their bits.

/// Whether First, then Second may as well be Second, then First. Parameters stay where training
/// expects the first of them.
template <class First, class Second>
inline constexpr bool commute = (First::traits.monotone && !First::has_variables &&
                                 Second::traits.selects &&
                                 std::is_same_v<typename First::In, typename First::Out>);

/// `First` before the steps `Rest`, behind those of them that it commutes with.
template <class First, class Rest>
struct PutBefore {
  using type = meta::mp_push_front<Rest, First>;
};
template <class First, class Second, class... Rest>
requires commute<First, Second>
struct PutBefore<First, meta::mp_list<Second, Rest...>> {
  using Ahead = Step<Second::index, typename Second::Layer, typename First::In>;
  using Behind = Step<First::index, typename First::Layer, typename Ahead::Out>;
  using type = meta::mp_push_front<typename PutBefore<Behind, meta::mp_list<Rest...>>::type, Ahead>;
};
template <class First, class Rest>
using put_before = typename PutBefore<First, Rest>::type;

/// Whether First can do the work of Second, which selects from what it makes.
template <class First, class Second>
inline constexpr bool absorb = [] {
  using Layer = typename First::Layer;
  using Selecting = typename Second::Layer;
  using In = typename First::In;
  if constexpr (requires { Selecting::template selection<typename Second::In>; }) {
    constexpr auto selection = Selecting::template selection<typename Second::In>;
    if constexpr (requires { Layer::template takes_selected<In, selection>(); }) {
      return Layer::template takes_selected<In, selection>() && Second::traits.selects &&
             Second::traits.fuses_forward && !Second::has_variables;
    }
  }
  return false;
}();

/// `First` before the steps `Rest`, of which it does the work of the first if that selects.
template <class First, class Rest>
struct AbsorbBefore {
  using type = meta::mp_push_front<Rest, First>;
};
template <class First, class Second, class... Rest>
requires absorb<First, Second>
struct AbsorbBefore<First, meta::mp_list<Second, Rest...>> {
  using Both = FusedSelection<typename First::Layer, typename Second::Layer>;
  using type = meta::mp_list<Step<First::index, Both, typename First::In>, Rest...>;
};
template <class First, class Rest>
using absorb_before = typename AbsorbBefore<First, Rest>::type;

/// Whether First, then Second are done by one pass.
template <class First, class Second>
inline constexpr bool join = (First::traits.rectifies && Second::traits.drops);

/// `First` before the steps `Rest`, together with the first of those if they join.
template <class First, class Rest>
struct JoinBefore {
  using type = meta::mp_push_front<Rest, First>;
};
template <class First, class Second, class... Rest>
requires join<First, Second>
struct JoinBefore<First, meta::mp_list<Second, Rest...>> {
  using Both = Joined<typename First::Layer, typename Second::Layer, Second::index>;
  using type = meta::mp_list<Step<First::index, Both, typename First::In>, Rest...>;
};
template <class First, class Rest>
using join_before = typename JoinBefore<First, Rest>::type;

/// Whether First and Last can do the work of Between.
template <class First, class Between, class Last>
inline constexpr bool fuse = (First::traits.fuses_forward && Between::traits.rectifies &&
                              Last::traits.fuses_data_gradient);

/// `First` before the steps `Rest`, of which the first is left out if its neighbours do its work.
template <class First, class Rest>
struct FuseBefore {
  using type = meta::mp_push_front<Rest, First>;
};
template <class First, class Between, class Last, class... Rest>
requires fuse<First, Between, Last>
struct FuseBefore<First, meta::mp_list<Between, Last, Rest...>> {
  using Forward = FusedForward<typename First::Layer, typename Between::Layer>;
  using DataGradient = FusedDataGradient<typename Between::Layer, typename Last::Layer>;
  using type = meta::mp_list<Step<First::index, Forward, typename First::In>,
                             Step<Last::index, DataGradient, typename Last::In>, Rest...>;
};
template <class First, class Rest>
using fuse_before = typename FuseBefore<First, Rest>::type;

/// `Steps` by one rule after the other: from the last step to the first, `Rule` puts each before
/// those behind it.
template <class Steps, template <class, class> class... Rules>
struct RewriteBy {
  using type = Steps;
};
template <class Steps, template <class, class> class Rule, template <class, class> class... Rules>
struct RewriteBy<Steps, Rule, Rules...>
    : RewriteBy<meta::mp_reverse_fold<Steps, meta::mp_list<>, Rule>, Rules...> {};
template <class Steps, template <class, class> class... Rules>
using rewrite_by = typename RewriteBy<Steps, Rules...>::type;

/// The steps that sweeps execute, in order, each with the index that it has as written.
template <class Steps>
using rewritten = rewrite_by<Steps, put_before, absorb_before, join_before, fuse_before>;

/// How many they are.
template <class Net>
inline constexpr std::size_t executed_size = meta::mp_size<typename Net::Executed>::value;

/// Calls `f.template operator()<Step, Position>()` for every step that `Net` executes, in order.
template <class Net, class F>
constexpr void for_each_executed(F&& f) {
  using Executed = typename Net::Executed;
  meta::for_each_index<executed_size<Net>>(
      [&]<std::size_t I>() { f.template operator()<meta::mp_at_c<Executed, I>, I>(); });
}

}  // namespace etch

#endif
