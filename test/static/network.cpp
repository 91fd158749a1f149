// What a network's type says, checked by the compiler: it compiles or it fails.
#include "networks.hpp"

namespace etch {
namespace {

// Parameters as TensorFlow counts them.

static_assert(LeNet5::step<0>::parameters == 5 * 5 * 1 * 6 + 6);
static_assert(LeNet5::step<1>::parameters == 0);
static_assert(LeNet5::step<3>::parameters == 5 * 5 * 6 * 16 + 16);
static_assert(LeNet5::step<6>::parameters == 5 * 5 * 16 * 120 + 120);
static_assert(LeNet5::step<9>::parameters == 120 * 84 + 84);
static_assert(LeNet5::step<11>::parameters == 84 * 10 + 10);
static_assert(LeNet5::parameters == 61'706);
static_assert(Strided::parameters == 57'722);
static_assert(Logistic::parameters == 7'850);
static_assert(PooledFirst::parameters == (5 * 4 * 3 * 4 + 4) + (4 * 2 + 2));
static_assert(Bare::parameters == 0);

// Shapes.

template <class Net, std::size_t Index, int... Extents>
constexpr bool outputs = std::is_same_v<typename Net::template step<Index>::Out, Shape<Extents...>>;

static_assert(LeNet5::size == 12);
static_assert(std::is_same_v<LeNet5::Input, Shape<28, 28, 1>>);
static_assert(outputs<LeNet5, 0, 28, 28, 6>);
static_assert(outputs<LeNet5, 1, 28, 28, 6>);
static_assert(outputs<LeNet5, 2, 14, 14, 6>);
static_assert(outputs<LeNet5, 3, 10, 10, 16>);
static_assert(outputs<LeNet5, 4, 10, 10, 16>);
static_assert(outputs<LeNet5, 5, 5, 5, 16>);
static_assert(outputs<LeNet5, 6, 120>);
static_assert(outputs<LeNet5, 8, 120>);
static_assert(outputs<LeNet5, 9, 84>);
static_assert(outputs<LeNet5, 11, 10>);
static_assert(std::is_same_v<LeNet5::Output, Shape<10>>);
static_assert(outputs<Strided, 0, 14, 14, 16> && outputs<Strided, 2, 7, 7, 16>);
static_assert(outputs<PooledFirst, 0, 5, 4, 3>);
static_assert(std::is_same_v<Bare::Output, Shape<5>>);

// Names: the index counts from 0 after the input.

template <class Net, std::size_t Index>
constexpr std::string_view name = Net::template step<Index>::name;

static_assert(name<LeNet5, 0> == "0_conv2d");
static_assert(name<LeNet5, 1> == "1_relu");
static_assert(name<LeNet5, 2> == "2_max_pool2d");
static_assert(name<LeNet5, 3> == "3_conv2d");
static_assert(name<LeNet5, 8> == "8_dropout");
static_assert(name<LeNet5, 11> == "11_dense");

// FLOPs, counted by hand: two for each product with a real pixel. 134 = 28 * 5 less the border's 6.

static_assert(LeNet5::step<0>::flops == 2 * 134 * 134 * 1 * 6);
static_assert(LeNet5::step<1>::flops == 0 && LeNet5::step<2>::flops == 0);
static_assert(LeNet5::step<3>::flops == 2 * (10 * 5) * (10 * 5) * 6 * 16);
static_assert(LeNet5::step<6>::flops == 2 * 400 * 120);
static_assert(LeNet5::flops_forward == 215'472 + 480'000 + 96'000 + 20'160 + 1'680);
// Backward the weights' gradients cost as much, and the data's too, save the first layer's.
static_assert(LeNet5::flops_backward == 813'312 + (813'312 - 215'472));
static_assert(Logistic::flops_forward == 2 * 7'840 && Logistic::flops_backward == 2 * 7'840);
// Nobody needs the data's gradients before the first layer with parameters.
static_assert(PooledFirst::first_trained == 2);
static_assert(PooledFirst::flops_forward == 2 * 60 * 4 + 2 * 4 * 2);
static_assert(PooledFirst::flops_backward == 2 * 60 * 4 + 2 * (2 * 4 * 2));
static_assert(Bare::first_trained == Bare::size && Bare::flops_backward == 0);

// Parameters in their arena: each variable on a cache line of its own, none over another, no gap
// of a line or more, and all weights before all biases.

template <class Net>
constexpr bool lies_well() {
  using Places = Arena<Net>;
  std::size_t covered = 0;
  bool good = Places::parameters.weights % cache_line == 0;
  Net::for_each_step([&]<class Step>() {
    for (std::size_t v = 0; v < Step::variables.size(); ++v) {
      const Variable& variable = Step::variables[v];
      const std::size_t first = Places::parameters.offset[Step::index][v];
      const std::size_t last = first + variable.floats;
      good &= first % cache_line == 0 && variable.floats >= variable.size();
      good &= variable.is_weight ? last <= Places::parameters.weights
                                 : first >= Places::parameters.weights;
      good &= last <= Places::parameters.floats;
      covered += (variable.floats + cache_line - 1) / cache_line * cache_line;
      Net::for_each_step([&]<class Other>() {
        for (std::size_t w = 0; w < Other::variables.size(); ++w) {
          const std::size_t begin = Places::parameters.offset[Other::index][w];
          const bool same = Other::index == Step::index && v == w;
          good &= same || begin >= last || begin + Other::variables[w].floats <= first;
        }
      });
    }
  });
  return good && covered == Places::parameters.floats;
}
static_assert(lies_well<LeNet5>());
static_assert(lies_well<Strided>());
static_assert(lies_well<Logistic>());
static_assert(lies_well<PooledFirst>());
static_assert(Arena<Bare>::parameters.floats == 0);

// The same for who does not know the network's type, layer by layer.

static_assert(Arena<Bare>::variables.empty());
static_assert(Arena<LeNet5>::variables.size() == 10);
constexpr PlacedVariable second_bias = Arena<LeNet5>::variables[3];
static_assert(second_bias.layer == 3 && second_bias.layer_name == "3_conv2d");
static_assert(second_bias.index == 1 && second_bias.variable.name == "bias");
static_assert(second_bias.offset == Arena<LeNet5>::parameters.offset[3][1]);

/// Whether `count` elements from `first` on lie where the layer's own step says.
template <class Step>
constexpr bool lie_as_in(const PlacedVariable& placed, std::size_t first, std::size_t count) {
  std::size_t right = 0;
  placed.for_each(first, count, [&](std::size_t i, std::size_t place) {
    right += place == placed.offset + Step::place(placed.index, first + i);
  });
  return right == count;
}
static_assert(lie_as_in<LeNet5::step<3>>(second_bias, 15, 1));
static_assert(lie_as_in<LeNet5::step<3>>(Arena<LeNet5>::variables[2], 7, 300));  // not all at once
static_assert(lie_as_in<LeNet5::step<6>>(Arena<LeNet5>::variables[5], 0, 120));  // unlike weights

// Every element of a variable has a place of its own inside it.

template <class Step>
constexpr bool places_differ(std::size_t v) {
  constexpr std::size_t largest = 4'096;
  std::array<bool, largest> taken{};
  for (std::size_t i = 0; i < Step::variables[v].size(); ++i) {
    const std::size_t place = Step::place(v, i);
    if (place >= Step::variables[v].floats || place >= largest || taken[place]) return false;
    taken[place] = true;
  }
  return true;
}
static_assert(places_differ<LeNet5::step<0>>(0) && places_differ<LeNet5::step<0>>(1));
static_assert(places_differ<LeNet5::step<3>>(0) && places_differ<LeNet5::step<3>>(1));
static_assert(places_differ<LeNet5::step<11>>(0) && places_differ<LeNet5::step<11>>(1));
static_assert(places_differ<Network<Input<9>, Dense<70>>::step<0>>(0));

}  // namespace
}  // namespace etch
