// dlib: whole networks of its layers, as its users write them, without its trainer's threads. Its
// library is Debian's, for any x86-64, products excepted, which are OpenBLAS's.
//
// A convolution pads alike on both sides, and its first window begins there. SAME with strides pads
// less before than behind, so pictures and kernels are turned by half a turn: then what dlib
// leaves out lies on the side where TensorFlow's meaning has none, and the sums are the same.

#include <dlib/dnn.h>
#include <dlib/revision.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "etch/base/error.hpp"
#include "peer.hpp"
#include "softmax.hpp"

namespace etch::peers {
namespace {

using Input = dlib::input<dlib::matrix<float>>;

template <long Units, class Below>
using dense = dlib::fc<Units, Below>;
template <long Units, class Below>
using dense_relu = dlib::relu<dense<Units, Below>>;
/// A convolution of 5 by 5 that pads by two, or not at all.
template <long Filters, int Stride, int Padding, class Below>
using conv_relu =
    dlib::relu<dlib::add_layer<dlib::con_<Filters, 5, 5, Stride, Stride, Padding, Padding>, Below>>;
template <class Below>
using pool = dlib::max_pool<2, 2, 2, 2, Below>;

// The course's models; dropout's masks could not agree, so there is none.
using LogisticL2 = dense<10, Input>;
using MlpL2 = dense<10, dense_relu<1024, Input>>;
using ConvStrided = dense<10, dense_relu<64, conv_relu<16, 2, 2, conv_relu<16, 2, 2, Input>>>>;
using ConvPooled =
    dense<10, dense_relu<64, pool<conv_relu<16, 1, 2, pool<conv_relu<16, 1, 2, Input>>>>>>;
using LeNet5 = dense<
    10,
    dense_relu<84, dense_relu<120, pool<conv_relu<16, 1, 0, pool<conv_relu<6, 1, 2, Input>>>>>>>;

/// [height][width][channels], whose pixels dlib has by channels, and here in reverse.
struct Pixels {
  int height, width, channels;

  int size() const { return height * width * channels; }
  /// The index in TensorFlow's order of what dlib has at `i`.
  int place(int i) const {
    const int pixels = height * width;
    return (pixels - 1 - i % pixels) * channels + i / pixels;
  }
};

Pixels input_of(const Layer& layer) {
  return {layer.rows.in, layer.columns.in, layer.channels};
}

/// `count` samples from `first` on.
dlib::resizable_tensor tensor_of(const Layer& first_layer, const Samples& samples, int first,
                                 int count) {
  const Pixels pixels = input_of(first_layer);
  dlib::resizable_tensor tensor(count, pixels.channels, pixels.height, pixels.width);
  float* to = tensor.host();
  for (int sample = first; sample < first + count; ++sample) {
    const float* from = samples.pictures.data() + std::ptrdiff_t{sample} * samples.values;
    for (int i = 0; i < pixels.size(); ++i) *to++ = from[pixels.place(i)];
  }
  return tensor;
}

/// Kernel and bias as dlib has them: a convolution's kernel [out][in][height][width], a dense one
/// [in][out], whose inputs may be the pixels of a picture.
std::vector<float> parameters_of(const Layer& layer, const Pixels& below) {
  std::vector<float> values;
  const int outputs = layer.filters;
  const auto add = [&](const Pixels& inputs, int input, int output) {
    values.push_back(
        layer.kernel[static_cast<std::size_t>(inputs.place(input) * outputs + output)]);
  };
  if (layer.kind == Layer::Kind::conv2d) {
    const Pixels window{layer.rows.size, layer.columns.size, layer.channels};
    for (int o = 0; o < outputs; ++o) {
      for (int i = 0; i < window.size(); ++i) add(window, i, o);
    }
  } else {
    for (int i = 0; i < below.size(); ++i) {
      for (int o = 0; o < outputs; ++o) add(below, i, o);
    }
  }
  values.insert(values.end(), layer.bias.begin(), layer.bias.end());
  return values;
}

/// Each trained layer's, the first of the network first.
std::vector<std::vector<float>> parameters_of(const Model& model) {
  std::vector<std::vector<float>> all;
  Pixels below = input_of(model.layers.front());
  for (const Layer& layer : model.layers) {
    if (layer.trains()) all.push_back(parameters_of(layer, below));
    if (layer.rows.out > 1) below = {layer.rows.out, layer.columns.out, layer.filters};
    if (layer.kind == Layer::Kind::dense) below = {1, 1, layer.filters};
  }
  return all;
}

/// A network with the model's initial values; `input` is any that it is to see.
template <class Net>
void begin(Net& net, const Model& model, const dlib::tensor& input) {
  const dlib::matrix<float> blank = dlib::zeros_matrix<float>(1, 1);
  dlib::resizable_tensor any;
  net.to_tensor(&blank, &blank + 1, any);  // or it would not take tensors
  net.forward(input);                      // now there are parameters
  auto values = parameters_of(model);
  dlib::visit_layer_parameters(net, [&](dlib::tensor& parameters) {
    if (parameters.size() == 0) return;
    if (values.empty() || values.back().size() != parameters.size()) {
      throw Error(model.name,
                  "requires the network that its source has, dlib's is another; mend "
                  "dlib.cpp");
    }
    std::copy(values.back().begin(), values.back().end(), parameters.host());
    values.pop_back();  // dlib begins with the last layer
  });
}

template <class Net>
struct Training {
  Training(const Model& of, const Samples& samples) : model(of), solvers(count_layers()) {
    for (int first = 0; first < samples.count(); first += model.batch) {
      batches.push_back(tensor_of(model.layers.front(), samples, first, model.batch));
      const auto from = samples.labels.begin() + first;
      labels.emplace_back(from, from + model.batch);
    }
    begin(net.subnet(), model, batches[0]);
    squares = sum_of_squares();
  }

  void run() {
    seen = next;
    net.compute_parameter_gradients(batches[seen], labels[seen].begin());
    net.update_parameters(solvers, model.learning_rate);
    next = (next + 1) % batches.size();
  }

  /// The last step's loss, if this was asked after the step before, too. dlib's own is another: it
  /// takes no probability for less than 1e-10, and leaves out the weights' squares, which it only
  /// decays.
  float loss() {
    const std::vector<std::uint8_t> truth(labels[seen].begin(), labels[seen].end());
    const int classes = model.layers.back().filters;
    std::vector<float> gradient(truth.size() * static_cast<std::size_t>(classes));
    const float entropy = softmax_cross_entropy(net.subnet().get_output().host(), truth.data(),
                                                model.batch, classes, gradient.data());
    const double before = std::exchange(squares, sum_of_squares());
    return entropy + static_cast<float>(model.l2 / 2 * before);
  }

 private:
  std::vector<dlib::sgd> count_layers() const {
    return {Net::num_computational_layers, dlib::sgd(model.l2, 0)};
  }

  double sum_of_squares() {
    double sum = 0;
    std::size_t layer = model.layers.size();
    dlib::visit_layer_parameters(net, [&](dlib::tensor& parameters) {
      if (parameters.size() == 0) return;
      while (!model.layers[--layer].trains()) {
      }
      const float* w = parameters.host();
      for (const float* end = w + model.layers[layer].kernel.size(); w != end; ++w) sum += *w * *w;
    });
    return sum;
  }

  const Model& model;
  std::vector<dlib::sgd> solvers;
  dlib::loss_multiclass_log<Net> net;
  std::vector<dlib::resizable_tensor> batches;
  std::vector<std::vector<unsigned long>> labels;
  std::size_t next = 0, seen = 0;
  double squares = 0;
};

/// All samples at once, whose best classes are found.
template <class Net>
struct Inference {
  Inference(const Model& model, const Samples& samples)
      : classes(model.layers.back().filters),
        pictures(tensor_of(model.layers.front(), samples, 0, samples.count())),
        best(samples.labels.size()) {
    begin(net, model, pictures);
  }

  const float* logits() { return net.forward(pictures).host(); }

  void run() {
    const float* logits = this->logits();
    for (auto& of : best) {
      of = std::max_element(logits, logits + classes) - logits;
      logits += classes;
    }
  }

  /// [count][classes]
  std::vector<float> probabilities() {
    std::vector<float> all(best.size() * static_cast<std::size_t>(classes));
    const float* logits = this->logits();
    for (std::size_t i = 0; i < all.size(); i += static_cast<std::size_t>(classes)) {
      softmax(logits + i, classes, all.data() + i);
    }
    return all;
  }

  int classes;
  dlib::resizable_tensor pictures;
  std::vector<std::ptrdiff_t> best;
  Net net;
};

/// What is done with a network.
template <class Net>
struct Works {
  static Work step(const Model& model, const Samples& samples) {
    const auto training = std::make_shared<Training<Net>>(model, samples);
    return {.run = [=] { training->run(); },
            .result = [=] { return std::vector{training->loss()}; }};
  }

  static Work classify(const Model& model, const Samples& samples) {
    const auto inference = std::make_shared<Inference<Net>>(model, samples);
    return {.run = [=] { inference->run(); },
            .result =
                [=] {
                  const std::vector<float> p = inference->probabilities();
                  std::vector<float> highest;
                  for (auto from = p.begin(); from != p.end(); from += inference->classes) {
                    highest.push_back(*std::max_element(from, from + inference->classes));
                  }
                  return highest;
                }};
  }

  static Work predict(const Model& model, const Samples& samples) {
    const auto inference = std::make_shared<Inference<Net>>(model, samples);
    const auto found = std::make_shared<std::vector<float>>();
    return {.run = [=] { *found = inference->probabilities(); }, .result = [=] { return *found; }};
  }
};

class Dlib : public Peer {
 public:
  std::string name() const override { return "dlib"; }
  std::string version() const override {
    return std::to_string(DLIB_MAJOR_VERSION) + "." + std::to_string(DLIB_MINOR_VERSION);
  }

  std::optional<Work> step(const Model& model, const Samples& samples) override {
    return with_network(model,
                        [&]<class Net>(Works<Net> works) { return works.step(model, samples); });
  }
  std::optional<Work> classify(const Model& model, const Samples& samples) override {
    return with_network(
        model, [&]<class Net>(Works<Net> works) { return works.classify(model, samples); });
  }
  std::optional<Work> predict(const Model& model, const Samples& samples) override {
    return with_network(model,
                        [&]<class Net>(Works<Net> works) { return works.predict(model, samples); });
  }

 private:
  template <class Use>
  static std::optional<Work> with_network(const Model& model, const Use& use) {
    if (model.name == "logistic_l2") return use(Works<LogisticL2>{});
    if (model.name == "mlp_l2") return use(Works<MlpL2>{});
    if (model.name == "conv_strided") return use(Works<ConvStrided>{});
    if (model.name == "conv_pooled") return use(Works<ConvPooled>{});
    if (model.name == "lenet5") return use(Works<LeNet5>{});
    return {};
  }
};

}  // namespace

std::unique_ptr<Peer> dlib() {
  return std::make_unique<Dlib>();
}

}  // namespace etch::peers
