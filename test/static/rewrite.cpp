// What networks are executed as, checked by the compiler: it compiles or it fails.
#include "networks.hpp"

namespace etch {
namespace {

template <class Net>
constexpr bool as_written = std::is_same_v<typename Net::Executed, typename Net::Steps>;

// Behind a convolution a ReLU waits for the pooling, several wait together, for several, and stay
// in order. Those that are executed keep the index that they are written with.

using Many = Network<Input<9, 9, 3>, ReLU, ReLU, MaxPool2D<2>, MaxPool2D<2>, Dense<2>>;
static_assert(
    std::is_same_v<Many::Executed, meta::mp_list<Step<2, MaxPool2D<2>, Shape<9, 9, 3>>,
                                                 Step<3, MaxPool2D<2>, Shape<4, 4, 3>>,
                                                 Step<0, ReLU, Shape<2, 2, 3>>,
                                                 Step<1, ReLU, Shape<2, 2, 3>>, Many::step<4>>>);

// What does not say that it may wait does not: dropout, which draws for each element it is given.
// But it joins a ReLU before it.

using Dropped = Network<Input<8, 8, 1>, Dropout<>, MaxPool2D<2>, ReLU, Dropout<>, Dense<2>, ReLU,
                        Dropout<>, Dropout<>>;
static_assert(std::is_same_v<
              Dropped::Executed,
              meta::mp_list<
                  Dropped::step<0>,  //
                  Step<1, FusedForward<MaxPool2D<2>, Joined<ReLU, Dropout<>, 3>>, Shape<8, 8, 1>>,
                  Step<4, FusedDataGradient<Joined<ReLU, Dropout<>, 3>, Dense<2>>, Shape<4, 4, 1>>,
                  Step<5, Joined<ReLU, Dropout<>, 6>, Shape<2>>, Dropped::step<7>>>);
static_assert(meta::mp_at_c<Dropped::Executed, 1>::name ==
              std::string_view("1_max_pool2d+relu+dropout"));

// Nor does what has parameters: training stops at the first of them.

struct Shift {
  static constexpr std::string_view name = "shift";
  static constexpr Traits traits{.in_place = true, .monotone = true};
  template <class In>
  using Output = In;
  template <std::size_t, class>
  struct Requirements {};
  template <class In>
  static constexpr std::array<Variable, 1> variables() {
    return {{{"bias", {In::size}, 1, In::size, 1, false}}};
  }
  template <class In>
  static constexpr std::size_t place(std::size_t, std::size_t i) {
    return i;
  }
};
static_assert(as_written<Network<Input<8, 8, 1>, Shift, MaxPool2D<2>, Dense<2>>>);

// What selects goes into a convolution before it, from a window of two outputs on; but not where
// windows hang over, are large, or so many that products of what they select would be no fewer.

template <class In, class... Layers>
using Absorbed = typename Network<In, Layers..., Dense<2>>::Executed;
template <class C, class P>
using Both = FusedSelection<C, P>;
using Conv = Conv2D<5, 3>;

static_assert(std::is_same_v<boost::mp11::mp_front<Absorbed<Input<8, 8, 1>, Conv, MaxPool2D<2>>>,
                             Step<0, Both<Conv, MaxPool2D<2>>, Shape<8, 8, 1>>>);
static_assert(std::is_same_v<boost::mp11::mp_front<Absorbed<Input<9, 9, 1>, Conv, MaxPool2D<3, 2>>>,
                             Step<0, Both<Conv, MaxPool2D<3, 2>>, Shape<9, 9, 1>>>);
static_assert(as_written<Network<Input<8, 8, 1>, Conv, MaxPool2D<3, 2, Same>, Dense<2>>>);
static_assert(as_written<Network<Input<8, 8, 1>, Conv, MaxPool2D<5>, Dense<2>>>);
static_assert(as_written<Network<Input<8, 8, 1>, Conv, MaxPool2D<2, 1>, Dense<2>>>);
static_assert(boost::mp11::mp_front<Absorbed<Input<8, 8, 1>, Conv, MaxPool2D<2>>>::name ==
              std::string_view("0_conv2d+max_pool2d"));

// A ReLU goes into its neighbours, behind a pooling, too, and with a dropout.

template <class L>
using BehindReLU = FusedDataGradient<ReLU, L>;
template <class L>
using ToReLU = FusedForward<L, ReLU>;
using Drops = Joined<ReLU, Dropout<0.5f>, 8>;

static_assert(std::is_same_v<
              LeNet5::Executed,
              meta::mp_list<Step<0, ToReLU<Both<Conv2D<6, 5>, MaxPool2D<2>>>, Shape<28, 28, 1>>,
                            Step<3, BehindReLU<ToReLU<Both<Conv2D<16, 5, Valid>, MaxPool2D<2>>>>,
                                 Shape<14, 14, 6>>,
                            Step<6, BehindReLU<FusedForward<Dense<120>, Drops>>, Shape<5, 5, 16>>,
                            Step<9, FusedDataGradient<Drops, ToReLU<Dense<84>>>, Shape<120>>,
                            Step<11, BehindReLU<Dense<10>>, Shape<84>>>>);
static_assert(std::is_same_v<
              PooledFirst::Executed,
              meta::mp_list<Step<0, ToReLU<MaxPool2D<3, 2, Same>>, Shape<9, 7, 3>>,
                            Step<2, BehindReLU<Dense<4>>, Shape<5, 4, 3>>, PooledFirst::step<3>>>);
static_assert(executed_size<Strided> == 4);
static_assert(meta::mp_at_c<Strided::Executed, 1>::name == std::string_view("2_conv2d+relu"));

// Unless it has none on a side, or one that does not say that it can do a ReLU's work.

static_assert(as_written<Network<Input<8>, ReLU, Dense<4>, ReLU>>);
static_assert(as_written<Network<Input<8>, Dense<4>, Dropout<>, ReLU, Dense<4>>>);
static_assert(as_written<Network<Input<8>, Dense<4>, ReLU, ReLU, Dense<2>>>);

}  // namespace
}  // namespace etch
