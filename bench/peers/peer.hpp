#ifndef ETCH_BENCH_PEERS_PEER_HPP
#define ETCH_BENCH_PEERS_PEER_HPP

// What is measured, and who can do it. Nothing here depends on a SIMD target or on a library, so
// that each peer is one source with flags of its own.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "etch/net/costs.hpp"
#include "etch/shape/window.hpp"

namespace etch::peers {

/// One layer of a model in its place. A layer that knows no pictures, such as a dense one, sees a
/// single pixel whose channels are its inputs.
struct Layer {
  enum class Kind { dense, conv2d, relu, max_pool2d, dropout };

  Kind kind;
  std::string name;       // "2_conv2d"
  std::size_t index;      // in the network
  Window rows, columns;   // what slides over the picture
  int channels, filters;  // of a pixel of the input, and of the output
  std::uint64_t flops;    // of one sample forward: two for every product with real pixels
  std::vector<float> kernel = {}, bias = {};  // initial values in TensorFlow's order, if any

  int inputs() const { return rows.in * columns.in * channels; }
  int outputs() const { return rows.out * columns.out * filters; }
  bool trains() const { return !kernel.empty(); }
};

/// Pictures with labels, `values` floats each.
struct Samples {
  int values = 0;
  std::vector<float> pictures;  // [count()][values]
  std::vector<std::uint8_t> labels;

  int count() const { return static_cast<int>(labels.size()); }
};

/// What a pass of one layer reads, samples close together, all in TensorFlow's order. The weights
/// are the layer's own.
struct Arrays {
  int batch = 0;
  std::vector<float> x, y, dy;  // [batch][inputs], [batch][outputs] twice
};

/// Something that can run again and again, all its memory in place.
struct Work {
  std::function<void()> run;
  /// What run() found last, in TensorFlow's order.
  std::function<std::vector<float>()> result;
  /// What the library calls the code that it chose.
  std::string implementation = {};
  /// Brings what run() reads and writes from TensorFlow's order into the library's and back, where
  /// these differ; run() does not contain it.
  std::function<void()> reorder = nullptr;
};

struct Model;

/// A library that can do some of it; what it cannot do is nothing. Memory that a Work uses is its
/// own, but `arrays`, `model` and `samples` must outlive it.
class Peer {
 public:
  virtual ~Peer() = default;

  virtual std::string name() const = 0;
  virtual std::string version() const = 0;

  /// Environment variables that the library needs to see when it is loaded.
  virtual std::vector<std::pair<std::string, std::string>> environment() const { return {}; }

  /// A pass of one layer, an update excepted. Its result is y; dx; or the gradients of kernel and
  /// bias.
  virtual std::optional<Work> pass(const Layer&, Pass, const Arrays&) { return {}; }

  /// A training step of SGD at model.learning_rate, without dropout: run() learns from the next
  /// model.batch samples, from the first again when all were seen; the result is the loss of the
  /// step.
  virtual std::optional<Work> step(const Model&, const Samples&) { return {}; }

  /// Classifies all samples; the result is the highest probability of each.
  virtual std::optional<Work> classify(const Model&, const Samples&) { return {}; }

  /// The probabilities of the first sample alone.
  virtual std::optional<Work> predict(const Model&, const Samples&) { return {}; }
};

/// At the course's rates two correct implementations that only sum in another order soon part: at
/// mlp_l2's 0.5 their losses differ by 1 % after ten steps. What a step takes does not depend on
/// it.
inline constexpr float steady_rate = 0.01f;

/// A model of the course, as its source has it but for the learning rate.
struct Model {
  std::string name;
  int batch;
  float learning_rate, l2;
  std::vector<Layer> layers;
  std::size_t first_trained;   // the first layer with weights: no data gradient is needed there
  std::unique_ptr<Peer> etch;  // compiled for this network
};

/// The models, in the order of the course.
std::vector<Model> models();

/// The libraries that the program is built with, and the names of those that it is not.
struct Peers {
  std::vector<std::unique_ptr<Peer>> present;
  std::vector<std::string> absent;
};
Peers peers();

}  // namespace etch::peers

#endif
