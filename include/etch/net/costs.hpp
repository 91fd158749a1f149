#ifndef ETCH_NET_COSTS_HPP
#define ETCH_NET_COSTS_HPP

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "etch/net/network.hpp"

namespace etch {

/// What a training step does at one layer. Weight update is weight gradient and update in one, as a
/// step has it where no gradient is stored.
enum class Pass { forward, data_gradient, weight_gradient, update, weight_update };

inline constexpr std::array passes{Pass::forward, Pass::data_gradient, Pass::weight_gradient,
                                   Pass::update, Pass::weight_update};

constexpr std::string_view name_of(Pass pass) {
  constexpr std::array<std::string_view, passes.size()> names{
      "forward", "data_gradient", "weight_gradient", "update", "weight_update"};
  return names[static_cast<std::size_t>(pass)];
}

/// Whether training `Net` does `pass` at `Step`: a gradient of the data where a layer before needs
/// it, one of the weights and an update where there are any, apart or in one.
template <class Net, class Step>
constexpr bool does(Pass pass) {
  switch (pass) {
    case Pass::forward:
      return true;
    case Pass::data_gradient:
      return Step::index > Net::first_trained;
    case Pass::weight_update:
      return Step::updates;
    default:
      return Step::has_variables;
  }
}

/// Two for every product that `pass` at `Step`, as it is defined, sums in one sample.
template <class Step>
constexpr std::uint64_t flops_of(Pass pass) {
  return pass == Pass::forward ? Step::flops : pass == Pass::update ? 0 : Step::gradient_flops;
}

/// What work must cost at least, whoever does it as it is defined. (A convolution may have fewer
/// products, see conv2d_pairs-inl.hpp.)
struct Cost {
  std::uint64_t flops = 0;             // two for every product that is summed, none for the rest
  std::uint64_t activation_bytes = 0;  // of inputs, outputs and their gradients, moved once, and
                                       // of what forward saved, when a gradient reads it
  std::uint64_t parameter_bytes = 0;   // of parameters, their gradients, what an optimiser keeps
  std::uint64_t footprint = 0;         // bytes of all these arrays, however often they are moved

  constexpr std::uint64_t bytes() const { return activation_bytes + parameter_bytes; }
  constexpr double flops_per_byte() const {
    return static_cast<double>(flops) / static_cast<double>(bytes());
  }
};

/// The cost of `pass` at `Step` for `rows` samples, with an optimiser that keeps `slots` numbers
/// for each parameter. What pads arrays in memory is not counted, but in what forward saved.
template <class Step>
constexpr Cost cost_of(Pass pass, int rows, std::size_t slots = 0);

/// The cost of all passes of a training step on `Batch` pictures; of the loss it counts nothing.
template <class Net, int Batch, class Optimizer>
constexpr Cost step_cost();

/// The cost of inference on `Batch` pictures, of which `Rows` are in work at a time.
template <class Net, int Batch, int Rows>
constexpr Cost inference_cost();

// How.

namespace detail {

constexpr std::uint64_t float_bytes(std::uint64_t floats) {
  return sizeof(float) * floats;
}

/// Bytes of the weights alone: what a data gradient reads of the parameters.
template <class Step>
constexpr std::uint64_t weight_bytes() {
  std::uint64_t floats = 0;
  for (const Variable& variable : Step::variables) {
    if (variable.is_weight) floats += variable.size();
  }
  return float_bytes(floats);
}

/// What is moved adds up; the arrays are partly the same.
constexpr void add(Cost& sum, const Cost& cost) {
  sum.flops += cost.flops;
  sum.activation_bytes += cost.activation_bytes;
  sum.parameter_bytes += cost.parameter_bytes;
}

}  // namespace detail

template <class Step>
constexpr Cost cost_of(Pass pass, int rows, std::size_t slots) {
  const auto samples = static_cast<std::uint64_t>(rows);
  const std::uint64_t x = detail::float_bytes(samples * Step::In::size);
  const std::uint64_t y = detail::float_bytes(samples * Step::Out::size);
  const std::uint64_t parameters = detail::float_bytes(Step::parameters);
  const std::uint64_t saved =
      detail::float_bytes(samples * saved_of<typename Step::Layer, typename Step::In>());
  Cost cost{.flops = samples * flops_of<Step>(pass)};
  switch (pass) {
    case Pass::forward:
      cost.activation_bytes = x + y;
      cost.parameter_bytes = parameters;
      break;
    case Pass::weight_gradient:  // reads dy instead of writing y
      cost.activation_bytes =
          x + y + (weight_gradient_reads_saved_of<typename Step::Layer>() ? saved : 0);
      cost.parameter_bytes = parameters;
      break;
    case Pass::data_gradient: {
      constexpr Reads reads = data_gradient_reads_of<typename Step::Layer>();
      cost.activation_bytes = x + y + (reads.x ? x : 0) + (reads.y ? y : 0) + saved;
      cost.parameter_bytes = detail::weight_bytes<Step>();
      break;
    }
    case Pass::update:  // reads all, gradients at least once, and writes all but these
      cost.parameter_bytes = parameters * (3 + 2 * slots);
      cost.footprint = parameters * (2 + slots);
      return cost;
    case Pass::weight_update:
      cost.activation_bytes = x + y;
      cost.parameter_bytes = parameters * (2 + 2 * slots);
      cost.footprint = x + y + parameters * (1 + slots);
      return cost;
  }
  cost.footprint = cost.bytes();
  return cost;
}

template <class Net, int Batch, class Optimizer>
constexpr Cost step_cost() {
  Cost sum;
  for_each_executed<Net>([&]<class Step, std::size_t>() {
    for (Pass pass : passes) {
      const bool in_one = pass == Pass::weight_gradient || pass == Pass::update;
      if (does<Net, Step>(pass) && !(Step::updates && in_one)) {
        detail::add(sum, cost_of<Step>(pass, Batch, Optimizer::slots));
      }
    }
  });
  sum.footprint = detail::float_bytes(std::uint64_t{Batch} * Net::Input::size) +
                  Net::template training_bytes<Batch, Optimizer>;
  return sum;
}

template <class Net, int Batch, int Rows>
constexpr Cost inference_cost() {
  Cost sum;
  for_each_executed<Net>(
      [&]<class Step, std::size_t>() { detail::add(sum, cost_of<Step>(Pass::forward, Batch)); });
  sum.footprint = detail::float_bytes(std::uint64_t{Batch} * Net::Input::size) +
                  Net::template inference_bytes<Rows>;
  return sum;
}

}  // namespace etch

#endif
