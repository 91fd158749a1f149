// What passes cost, counted by hand.
#include "etch/net/costs.hpp"
#include "etch/etch.hpp"

using namespace etch;

using Net = Network<Input<6, 6, 2>, Conv2D<4, 3, Valid>, ReLU, MaxPool2D<2>, Dropout<>, Dense<10>>;
using Conv = Net::step<0>;
using Relu = Net::step<1>;
using Pool = Net::step<2>;
using Fully = Net::step<4>;

constexpr bool is(Cost cost, std::uint64_t flops, std::uint64_t activations,
                  std::uint64_t parameters) {
  return cost.flops == flops && cost.activation_bytes == 4 * activations &&
         cost.parameter_bytes == 4 * parameters;
}

// 6x6x2 to 4x4x4 by 3x3 windows: 72 kernel weights and 4 biases.
constexpr std::uint64_t conv_flops = 2 * (4 * 4) * (3 * 3 * 2 * 4);
static_assert(is(cost_of<Conv>(Pass::forward, 8), 8 * conv_flops, 8 * (72 + 64), 76));
static_assert(is(cost_of<Conv>(Pass::weight_gradient, 8), 8 * conv_flops, 8 * (72 + 64), 76));
static_assert(is(cost_of<Conv>(Pass::update, 8), 0, 0, 3 * 76));
static_assert(is(cost_of<Conv>(Pass::update, 8, 2), 0, 0, 7 * 76));
static_assert(cost_of<Conv>(Pass::update, 8, 2).footprint == 4 * 4 * 76);

// In one they read and write parameters and what is kept, but no gradient.
static_assert(is(cost_of<Conv>(Pass::weight_update, 8, 2), 8 * conv_flops, 8 * (72 + 64), 6 * 76));
static_assert(cost_of<Conv>(Pass::weight_update, 8, 2).footprint == 4 * (8 * (72 + 64) + 3 * 76));

// ReLU's gradient reads y beside dy, and writes dx.
static_assert(is(cost_of<Relu>(Pass::forward, 8), 0, 8 * (64 + 64), 0));
static_assert(is(cost_of<Relu>(Pass::data_gradient, 8), 0, 8 * (64 + 64 + 64), 0));

// MaxPool2D's reads a byte for each element of y, which forward has saved.
static_assert(is(cost_of<Pool>(Pass::data_gradient, 8), 0, 8 * (64 + 16 + 16 / 4), 0));

// In one, gradients are of the selected outputs alone, of four one; both read what forward saved.
using Selecting = Step<0, FusedSelection<Conv::Layer, Pool::Layer>, Conv::In>;
static_assert(is(cost_of<Selecting>(Pass::forward, 8), 8 * conv_flops, 8 * (72 + 16), 76));
static_assert(is(cost_of<Selecting>(Pass::weight_gradient, 8), 8 * conv_flops / 4,
                 8 * (72 + 16 + 16 / 4), 76));
static_assert(is(cost_of<Selecting>(Pass::data_gradient, 8), 8 * conv_flops / 4,
                 8 * (72 + 16 + 16 / 4), 72));
static_assert(cost_of<Selecting>(Pass::update, 8).flops == 0);

// A data gradient does not read biases.
static_assert(is(cost_of<Fully>(Pass::forward, 1), 2 * 160, 16 + 10, 170));
static_assert(is(cost_of<Fully>(Pass::data_gradient, 1), 2 * 160, 16 + 10, 160));
static_assert(cost_of<Fully>(Pass::forward, 1).flops_per_byte() == 320.0 / (4 * 196));

// Nobody asks for the gradient of the pictures.
static_assert(!does<Net, Conv>(Pass::data_gradient) && does<Net, Conv>(Pass::weight_gradient));
static_assert(does<Net, Relu>(Pass::data_gradient) && !does<Net, Relu>(Pass::update));

// A step is the sum of its passes; it needs its memory and the pictures.
constexpr Cost step = step_cost<Net, 8, SGD>();
static_assert(step.flops ==
              8 * (Net::flops_forward + Net::flops_backward - (conv_flops - conv_flops / 4)));
static_assert(step.footprint == 4 * 8 * 72 + Net::training_bytes<8>);
constexpr Cost inference = inference_cost<Net, 8, 4>();
static_assert(inference.flops == 8 * Net::flops_forward);
static_assert(inference.footprint == 4 * 8 * 72 + Net::inference_bytes<4>);

// Weight gradients that are not stored are not counted apart.
using Wide = Network<Input<32>, Dense<64>>;
static_assert(does<Wide, Wide::step<0>>(Pass::weight_update) &&
              !does<Net, Fully>(Pass::weight_update));
static_assert(is(step_cost<Wide, 8, SGD>(), 2 * 8 * 2 * 32 * 64, 2 * 8 * (32 + 64),
                 (1 + 2) * 33 * 64));
