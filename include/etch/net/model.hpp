#ifndef ETCH_NET_MODEL_HPP
#define ETCH_NET_MODEL_HPP

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "etch/base/buffer.hpp"
#include "etch/base/error.hpp"
#include "etch/base/pictures.hpp"
#include "etch/net/inference-inl.hpp"
#include "etch/net/initial.hpp"

#if defined(ETCH_PORTABLE) && !defined(ETCH_ETCH_HPP)
#error "etch: portable build: requires all of etch, a part came; include <etch/etch.hpp> first"
#endif

namespace etch {

/// What all random numbers of a model depend on: initial values and dropout.
struct Seed {
  std::uint64_t value = 1;
};

/// A live network: its parameters, and what one thread needs to use them. Nothing allocates after
/// construction.
template <class Net>
class Model {
 public:
  using Probabilities = std::array<float, Net::Output::size>;

  /// Throws Error where `initial` does not suit the network, or the processor the program.
  explicit Model(Seed seed = {}, const Initial& initial = {})
      : target_(simd::choose()), seed_(seed.value) {
    initialize<Net>(parameters_.data(), seed_, initial);
  }

  /// The probability of each class for one picture: the softmax of the network's output.
  Probabilities predict(const Pictures& picture) {
    check(picture);
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

  /// The network's output for pictures [first, first + rows), rows <= inference_rows.
  void infer(const Pictures& pictures, std::size_t first, int rows,
             Workspace<Net>& workspace) const {
    ETCH_DISPATCH(target_.id, infer<Net>)(parameters_.data(), pictures, first, rows, workspace);
  }

  /// Throws Error unless the pictures have the size that the network reads.
  static void check(const Pictures& pictures) {
    if (pictures.values() == std::size_t{Net::Input::size}) return;
    throw Error("pictures", "the network reads " + std::to_string(Net::Input::size) +
                                " values each, these have " + std::to_string(pictures.values()) +
                                "; give it pictures of its input's size");
  }

  /// All parameters as they lie: see Arena. `get` and `set` speak TensorFlow's order.
  std::span<float> parameters() { return parameters_.span(); }
  std::span<const float> parameters() const { return parameters_.span(); }

  /// Variable `v` of layer `Index` in TensorFlow's order: kernel [in][out] or
  /// [height][width][in][out], bias [out].
  template <std::size_t Index>
  std::vector<float> get(std::size_t v) const {
    return read<Index>(parameters_.data(), v);
  }

  template <std::size_t Index>
  void set(std::size_t v, std::span<const float> values) {
    using Step = typename Net::template step<Index>;
    const Variable& variable = Step::variables.at(v);
    if (values.size() != variable.size()) {
      throw Error(std::string(std::string_view(Step::name)) + "." + std::string(variable.name),
                  "has " + std::to_string(variable.size()) + " values, " +
                      std::to_string(values.size()) + " came; give all of them");
    }
    float* to = parameters_.data() + Arena<Net>::parameters.offset[Index][v];
    for (std::size_t i = 0; i < values.size(); ++i) to[Step::place(v, i)] = values[i];
  }

  /// The same of any array that is laid out as the parameters are, such as their gradients.
  template <std::size_t Index>
  static std::vector<float> read(const float* arena, std::size_t v) {
    using Step = typename Net::template step<Index>;
    std::vector<float> values(Step::variables.at(v).size());
    const float* from = arena + Arena<Net>::parameters.offset[Index][v];
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = from[Step::place(v, i)];
    return values;
  }

  std::uint64_t seed() const { return seed_; }
  simd::Target target() const { return target_; }

 private:
  simd::Target target_;
  std::uint64_t seed_;
  Buffer parameters_{Arena<Net>::parameters.floats};
  Workspace<Net> workspace_;
};

}  // namespace etch

#endif
