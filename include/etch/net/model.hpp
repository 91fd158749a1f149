#ifndef ETCH_NET_MODEL_HPP
#define ETCH_NET_MODEL_HPP

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "etch/base/buffer.hpp"
#include "etch/base/denormals.hpp"
#include "etch/base/error.hpp"
#include "etch/base/pictures.hpp"
#include "etch/net/arena.hpp"
#include "etch/net/inference-inl.hpp"
#include "etch/net/initialize.hpp"
#include "etch/net/workspace.hpp"

#if defined(ETCH_PORTABLE) && !defined(ETCH_ETCH_HPP)
#error "etch: portable build: requires all of etch, a part came; include <etch/etch.hpp> first"
#endif

namespace etch {

/// What all random numbers of a model depend on: initial values, dropout and how training pictures
/// are moved.
struct Seed {
  std::uint64_t value = 1;
};

// What all that works with a model requires, by name: see layer/requirements.hpp. What is no
// network has had its error.

template <class Net, class Other>
struct has_model_of {
  static constexpr bool value = std::is_same_v<Net, Other> || !is_network<Net>::value;
};

template <class Net, class Output>
struct ends_in_vector {
  static constexpr bool value = Net::size == 0 || Output::rank == 1;
};

namespace detail {

template <class Net, class Other>
struct ModelRequirements {
  static_assert(
      has_model_of<Net, Other>::value,
      "etch: Trainer or Evaluator: requires the model of its own network, another's came; "
      "write the same network for both");
};

template <class Net>
struct OutputRequirements {
  static_assert(ends_in_vector<Net, typename Net::Output>::value,
                "etch: Trainer or Evaluator: requires a network that ends in a vector with a "
                "number for each class, a picture came; end it with a Dense layer");
};

}  // namespace detail

/// The network `N`, live: its parameters, and what one thread needs to use them for one picture at
/// a time. That is Net::inference_bytes<1> on the heap; nothing allocates after construction.
template <class N>
class Model {
  using Net = detail::checked_network<N>;

 public:
  using Probabilities = std::array<float, Net::Output::size>;

  /// Throws Error where `initializer` does not suit the network, or the processor the program.
  explicit Model(Seed seed = {}, const Initializer& initializer = {})
      : target_(simd::choose()), seed_(seed.value) {
    initialize(target_, Arena<Net>::variables, parameters_.data(), seed_, initializer);
  }

  Model(const Model&) = delete;  // trainers and evaluators refer to it
  Model& operator=(const Model&) = delete;

  /// The probability of each class for one picture: the softmax of the network's output. By one
  /// thread at a time; others have a Workspace of their own and call infer.
  Probabilities predict(const Pictures& picture) {
    check(picture);
    if (picture.count() != 1) {
      throw Error("predict", "requires one picture, " + std::to_string(picture.count()) +
                                 " came; call it for each");
    }
    infer(picture, 0, 1, workspace_);
    const float* logits = workspace_.output(0);
    Probabilities p;
    const float largest = *std::max_element(logits, logits + p.size());
    float sum = 0;
    for (std::size_t i = 0; i < p.size(); ++i) sum += p[i] = std::exp(logits[i] - largest);
    for (float& probability : p) probability /= sum;
    return p;
  }

  /// The same for one picture as floats, height x width x channels.
  Probabilities predict(std::span<const float> picture) {
    return predict(Pictures(picture, picture.size()));
  }

  /// The network's output for pictures [first, first + rows), rows <= Rows, into `workspace`.
  template <int Rows>
  void infer(const Pictures& pictures, std::size_t first, int rows,
             Workspace<Net, Rows>& workspace) const {
    const FlushDenormals flush;
    ETCH_DISPATCH(target_.id, infer<Net>)
    (parameters_.data(), pictures, first, rows, workspace.activations.data(), Rows);
  }

  /// Throws Error unless the pictures have the size that the network reads.
  static void check(const Pictures& pictures) {
    if (pictures.values() == std::size_t{Net::Input::size}) return;
    throw Error("pictures", "requires " + std::to_string(Net::Input::size) +
                                " values each, the network's input, " +
                                std::to_string(pictures.values()) +
                                " came; give it pictures of that size");
  }

  /// The same, and that each picture has a label that the network has an output for.
  static void check(const Minibatch& samples) {
    check(samples.pictures);
    const auto& labels = samples.labels;
    if (labels.size() != samples.pictures.count()) {
      throw Error("labels", "requires one for each of " + std::to_string(samples.pictures.count()) +
                                " pictures, " + std::to_string(labels.size()) +
                                " came; give pictures and labels of the same samples");
    }
    const auto wrong = std::find_if(labels.begin(), labels.end(),
                                    [](int label) { return label >= Net::Output::size; });
    if (wrong != labels.end()) {
      throw Error("labels", "requires labels below " + std::to_string(Net::Output::size) +
                                ", the number of outputs, " + std::to_string(*wrong) + " came at " +
                                std::to_string(wrong - labels.begin()) +
                                "; give the network more outputs");
    }
  }

  /// All parameters as they lie: see Arena. `get` and `set` speak TensorFlow's order.
  std::span<float> parameters() { return parameters_.span(); }
  std::span<const float> parameters() const { return parameters_.span(); }

  /// The variable `name` ("kernel", "bias") of layer `Index` in TensorFlow's order: kernel
  /// [in][out] or [height][width][in][out], bias [out]. Throws Error where the layer has no such
  /// variable.
  template <std::size_t Index>
  std::vector<float> get(std::string_view name) const {
    return read<Index>(parameters_.data(), name);
  }

  /// Sets all values of it; throws Error where there are more or fewer.
  template <std::size_t Index>
  void set(std::string_view name, std::span<const float> values) {
    using Step = typename Net::template step<Index>;
    const std::size_t v = find<Step>(name);
    const Variable& variable = Step::variables[v];
    if (values.size() != variable.size()) {
      throw Error(full_name<Step>(name), "requires " + std::to_string(variable.size()) +
                                             " values, " + std::to_string(values.size()) +
                                             " came; give all of them");
    }
    float* to = parameters_.data() + Arena<Net>::parameters.offset[Index][v];
    std::fill_n(to, variable.floats, 0.0f);  // the padding too, should it have become NaN
    for (std::size_t i = 0; i < values.size(); ++i) to[Step::place(v, i)] = values[i];
  }

  /// The same as get, of any array that is laid out as the parameters are, such as their gradients.
  template <std::size_t Index>
  static std::vector<float> read(const float* arena, std::string_view name) {
    using Step = typename Net::template step<Index>;
    const std::size_t v = find<Step>(name);
    std::vector<float> values(Step::variables[v].size());
    const float* from = arena + Arena<Net>::parameters.offset[Index][v];
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = from[Step::place(v, i)];
    return values;
  }

  std::uint64_t seed() const { return seed_; }
  simd::Target target() const { return target_; }

 private:
  template <class Step>
  static std::string full_name(std::string_view variable) {
    return std::string(std::string_view(Step::name)) + "." + std::string(variable);
  }

  template <class Step>
  static std::size_t find(std::string_view name) {
    std::string names = Step::has_variables ? "" : "another layer, this one has none";
    for (std::size_t v = 0; v < Step::variables.size(); ++v) {
      if (Step::variables[v].name == name) return v;
      names += (v == 0 ? "" : " or ");
      names += Step::variables[v].name;
    }
    throw Error(full_name<Step>(name),
                "requires the name of a variable, " + std::string(name) + " came; use " + names);
  }

  simd::Target target_;
  std::uint64_t seed_;
  Buffer parameters_{Arena<Net>::parameters.floats};
  Workspace<Net, 1> workspace_;
};

namespace detail {

/// The model of `Net` where another network's came. It is not defined: ModelRequirements refuse.
template <class Net, class Other>
Model<Net>& own_model(const Model<Other>&);

}  // namespace detail

}  // namespace etch

#endif
