// What a network's memory plan promises, checked by the compiler: it compiles or it fails.
#include "networks.hpp"

namespace etch {
namespace {

using Backwards =
    Network<Input<50>, Dropout<>, Dense<40>, Dropout<>, ReLU, Dropout<>, Dense<30>, ReLU, ReLU>;

/// Windows hang over, so that the convolution does not select itself.
using PooledSecond = Network<Input<8, 8, 1>, Conv2D<4, 3>, MaxPool2D<3, 2, Same>, Dense<4>>;

/// A gradient that is kept lies over an activation, which alone would not be.
using Kept = Network<Input<50>, Dense<40>, Dense<10>>;
static_assert(training_plan<Kept>.gradients[1].kept && training_plan<Kept>.activations[1].kept);

/// Memory that knows of each cache line whose array it holds.
template <std::size_t Lines>
struct Shelf {
  std::array<std::size_t, Lines + 1> owner{};
  bool sound = true;

  constexpr void write(std::size_t array, std::size_t offset, std::size_t floats) {
    sound &= array > 0 && offset % 16 == 0 && offset + floats <= 16 * Lines;
    for (std::size_t i = offset / 16; sound && i < (offset + floats) / 16; ++i) owner[i] = array;
  }
  constexpr void read(std::size_t array, std::size_t offset, std::size_t floats) {
    for (std::size_t i = offset / 16; i < (offset + floats) / 16; ++i) sound &= owner[i] == array;
  }
};

/// Follows one sample through the network as a sweep does: all that a pass reads is there still,
/// even when the pass has written, and what updates as it sums over the batch is kept to the end.
template <class Net, bool training>
constexpr bool plan_is_sound() {
  constexpr auto plan = training ? training_plan<Net> : inference_plan<Net>;
  Shelf<plan.kept / 16> kept;
  Shelf<plan.transient / 16> transient;
  using Place = typename PlanOf<Net>::Place;
  const auto write = [&](std::size_t array, Place place, std::size_t floats) {
    place.kept ? kept.write(array, place.offset, floats)
               : transient.write(array, place.offset, floats);
  };
  const auto read = [&](std::size_t array, Place place, std::size_t floats) {
    place.kept ? kept.read(array, place.offset, floats)
               : transient.read(array, place.offset, floats);
  };
  const auto activation = [](std::size_t i) { return 1 + i; };
  const auto gradient = [](std::size_t i) { return 100 + i; };
  const auto saved = [](std::size_t i) { return 200 + i; };
  const auto same = [](Place a, Place b) { return a.kept == b.kept && a.offset == b.offset; };

  write(activation(0), plan.activations[0], Net::Input::stride);
  for_each_executed<Net>([&]<class Step, std::size_t i>() {
    constexpr std::size_t in = Step::In::stride, out = Step::Out::stride;
    const Place x = plan.activations[i], y = plan.activations[i + 1];
    read(activation(i), x, in);
    write(activation(i + 1), y, out);
    if (plan.saved[i]) {
      write(saved(i), *plan.saved[i], saved_stride<typename Step::Layer, typename Step::In>);
    }
    if (!Step::traits.in_place || !same(x, y)) read(activation(i), x, in);
  });
  constexpr std::size_t size = executed_size<Net>;
  read(activation(size), plan.activations[size], Net::Output::stride);
  if constexpr (training && Net::first_trained < Net::size) {
    write(gradient(size), plan.gradients[size], Net::Output::stride);
    read(activation(size), plan.activations[size], Net::Output::stride);
    meta::for_each_index<size>([&]<std::size_t FromLast>() {
      constexpr std::size_t i = size - 1 - FromLast;
      using Step = meta::mp_at_c<typename Net::Executed, i>;
      if (Step::index < Net::first_trained) return;
      constexpr std::size_t in = Step::In::stride, out = Step::Out::stride;
      constexpr Reads reads = data_gradient_reads_of<typename Step::Layer>();
      const Place dx = plan.gradients[i], dy = plan.gradients[i + 1];
      const bool in_place = Step::traits.in_place && same(dx, dy);
      read(gradient(i + 1), dy, out);
      if (Step::has_variables) {
        read(activation(i), plan.activations[i], in);
        if (weight_gradient_reads_saved_of<typename Step::Layer>()) {
          read(saved(i), plan.saved[i].value(),
               saved_stride<typename Step::Layer, typename Step::In>);
        }
      }
      if (Step::index == Net::first_trained) return;
      if (reads.x) read(activation(i), plan.activations[i], in);
      if (reads.y) read(activation(i + 1), plan.activations[i + 1], out);
      write(gradient(i), dx, in);
      if (saved_of<typename Step::Layer, typename Step::In>() > 0) {
        read(saved(i), plan.saved[i].value(),
             saved_stride<typename Step::Layer, typename Step::In>);
      }
      if (!in_place) read(gradient(i + 1), dy, out);
      const bool over_x = data_gradient_over_x_of<typename Step::Layer, typename Step::In>() &&
                          same(dx, plan.activations[i]);
      if (reads.x && !over_x) read(activation(i), plan.activations[i], in);
      if (reads.y) read(activation(i + 1), plan.activations[i + 1], out);
    });
    for_each_executed<Net>([&]<class Step, std::size_t i>() {
      if (!Step::updates) return;
      kept.sound &= plan.activations[i].kept && plan.gradients[i + 1].kept;
      read(activation(i), plan.activations[i], Step::In::stride);
      read(gradient(i + 1), plan.gradients[i + 1], Step::Out::stride);
    });
  }
  return kept.sound && transient.sound;
}
static_assert(plan_is_sound<LeNet5, false>() && plan_is_sound<LeNet5, true>());
static_assert(plan_is_sound<Strided, false>() && plan_is_sound<Strided, true>());
static_assert(plan_is_sound<Logistic, false>() && plan_is_sound<Logistic, true>());
static_assert(plan_is_sound<PooledFirst, false>() && plan_is_sound<PooledFirst, true>());
static_assert(plan_is_sound<PooledSecond, false>() && plan_is_sound<PooledSecond, true>());
static_assert(plan_is_sound<Kept, false>() && plan_is_sound<Kept, true>());
static_assert(plan_is_sound<Bare, false>() && plan_is_sound<Bare, true>());
static_assert(plan_is_sound<Backwards, false>() && plan_is_sound<Backwards, true>());

// Inference needs the two largest neighbours, ReLU and Dropout nothing.

static_assert(inference_plan<Strided>.transient == 3'136 + 784);
static_assert(inference_plan<LeNet5>.transient == 784 + 1'184);
static_assert(inference_plan<Bare>.transient == 16);

// Training keeps what a wide Dense reads at last: of conv_strided's one its input, and the gradient
// of its output. Convolutions read theirs on the way: most when the second is at work backward, the
// input, what the first made, over which its gradient is written, and the gradient of the second's.

static_assert(training_plan<Strided>.kept == 784 + 64);
static_assert(training_plan<Strided>.transient == 784 + 3'136 + 784);
static_assert(training_plan<Bare>.kept == 0);

// What pooling saves, it saves for a data gradient alone; the gradient itself may lie anywhere.

static_assert(training_plan<PooledSecond>.saved[1] && !inference_plan<PooledSecond>.saved[1]);
static_assert(!training_plan<PooledFirst>.saved[0]);

// Or for a weight gradient, of what it selects from a convolution. Of that one sample's output is
// in the scratch memory, which inference has, too, behind what the convolution needs there.

static_assert(training_plan<LeNet5>.saved[0] && training_plan<LeNet5>.saved[1]);
static_assert(!inference_plan<LeNet5>.saved[0] && !inference_plan<LeNet5>.saved[1]);
static_assert(training_plan<LeNet5>.transient == 4'064);
constexpr std::size_t lenet5_scratch =
    10 * 10 * 16 + Conv2D<16, 5, Valid>::winograd<Shape<14, 14, 6>>.scratch();
static_assert(lenet5_scratch > 28 * 28 * 6);
static_assert(Workspace<LeNet5, 1>::floats == inference_plan<LeNet5>.transient + lenet5_scratch);
static_assert(Workspace<LeNet5, 16>::floats ==
              16 * inference_plan<LeNet5>.transient + lenet5_scratch);

// And in it convolutions keep rows of pixels, transformed.

constexpr std::size_t strided_scratch = Conv2D<16, 5, Same, 2>::pairs<Shape<14, 14, 16>>.scratch();
static_assert(strided_scratch == (7 + 1) * 14 * 16);
static_assert(Workspace<Strided, 16>::floats ==
              16 * inference_plan<Strided>.transient + strided_scratch);

// Where activations are few, many samples go together.

static_assert(sample_tile<Logistic>(128) == 64 && sample_tile<Logistic>(16) == 8);
static_assert(sample_tile<LeNet5>(64) == 16);

// Dropout works in place behind a ReLU, too: what it makes tells all that the gradients need.

using Dropping = Network<Input<48>, Dense<48>, ReLU, Dropout<>, Dense<32>>;
static_assert(training_plan<Dropping>.kept == 2 * 48 + 48 + 32);
static_assert(training_plan<Dropping>.transient == 32);

// The bytes of a type: parameters, padding included, 4 bytes each, and the above.

constexpr std::size_t conv_floats = 25 * 16 + 16 + 25 * 16 * 16 + 16;
constexpr std::size_t wide_floats = 784 * 64 + 64, narrow_floats = 10 * 64 + 32;
constexpr std::size_t dense_floats = wide_floats + narrow_floats;
static_assert(Arena<Strided>::parameters.floats == conv_floats + dense_floats);
static_assert(Strided::inference_bytes<1> ==
              4 * (conv_floats + dense_floats + 3'920 + strided_scratch));
static_assert(Strided::inference_bytes<16> ==
              4 * (conv_floats + dense_floats + 16 * 3'920 + strided_scratch));
static_assert(Strided::training_bytes<16> - Strided::inference_bytes<1> ==
              4 * (16 * 848 + 8 * 4'704)                   // activations and their gradients
                  + 4 * 2 * (conv_floats + narrow_floats)  // gradients of each eight samples
                  + 4 * Arena<Strided>::scratch(16)        //
                  + 16 * (4 + 1) +                         // losses and hits
                  4 * (5 + 7));                            // sums of squares of tiles and pieces
static_assert(Strided::training_bytes<16, Adam> - Strided::training_bytes<16> ==
              4 * 2 * (conv_floats + dense_floats));
static_assert(Strided::training_bytes<32> - Strided::training_bytes<31> == 4 * 848 + 4 + 1);

// A budget, as a program writes it.

static_assert(LeNet5::inference_bytes<1> <= 300'000, "the microcontroller has 300 kB");
static_assert(LeNet5::training_bytes<64, Momentum> <= 2'000'000, "training has 2 MB");

}  // namespace
}  // namespace etch
