#ifndef ETCH_BENCH_PEERS_ONEDNN_NET_HPP
#define ETCH_BENCH_PEERS_ONEDNN_NET_HPP

#include <dnnl.hpp>
#include <functional>
#include <string>
#include <unordered_map>
#include <vector>

#include "onednn.hpp"
#include "peer.hpp"

namespace etch::peers::dnn {

/// Which layouts a network's primitives are asked for; which is fastest is found by trying.
struct Plan {
  Tag pictures;        // of convolutions: what the library likes, nhwc or nchw
  bool keep_pictures;  // others take activations as they come, instead of asking for any layout
  bool keep_weights;   // gradients have the layout of the forward weights, instead of any

  std::string name() const;
};

/// A whole network of oneDNN's primitives: biases and the ReLUs behind convolutions and dense
/// layers are fused into them; weights stay in the layouts of the forward pass; reorders stand
/// where a primitive wants another layout than there is.
class Network {
 public:
  enum class Use { inference, training };

  /// Throws dnnl::error where a primitive has no implementation for the plan.
  Network(const Model& model, int batch, Use use, const Plan& plan);

  /// The output for `batch` pictures, [batch][classes].
  const float* forward(const float* pictures);

  /// Where the gradient of the output is expected, [batch][classes].
  float* output_gradient() { return values_of(output_gradient_); }

  /// The gradients of all parameters, after output_gradient() was set.
  void backward() { run(backward_); }

  /// Moves the parameters against their gradients; returns the sum of the squared weights before.
  float update(float rate, float l2);

  /// "0_conv2d jit:avx2, ..."
  const std::string& implementations() const { return implementations_; }

 private:
  struct Call {
    dnnl::primitive primitive;
    std::unordered_map<int, dnnl::memory> arguments;
  };

  /// A trained layer: its parameters as the forward pass has them, and their gradients alike.
  struct Trained {
    const Layer* layer = nullptr;
    dnnl::memory source;  // what it read
    dnnl::memory weights, bias, weight_gradient, bias_gradient;
    dnnl::convolution_forward::primitive_desc convolution;
    dnnl::inner_product_forward::primitive_desc product;
  };

  /// A pooling: what it read, and which pixels it selected.
  struct Pooled {
    const Layer* layer = nullptr;
    dnnl::memory source, selected;
    dnnl::pooling_forward::primitive_desc pooling;
  };

  static float* values_of(const dnnl::memory& memory) {
    return static_cast<float*>(memory.get_data_handle());
  }
  static void run(std::vector<Call>& calls) {
    for (Call& call : calls) call.primitive.execute(stream(), call.arguments);
  }

  /// `memory`, or a copy in the wanted layout that `calls` make each time.
  dnnl::memory in_layout(const dnnl::memory& memory, const Desc& wanted, std::vector<Call>& calls);

  /// The network's input in the layout that its first primitive wants.
  dnnl::memory input_in(const Layer& layer, const Desc& wanted);

  dnnl::prop_kind propagation() const;

  /// What a gradient's primitive is asked for, where the forward pass has `there`.
  Desc kept_or_any(const Desc& there, bool keep) const;

  void add_trained(const Layer& layer, bool with_relu, bool last);
  void add_pooling(const Layer& layer);
  void add_backward(const std::vector<Layer>& layers,
                    const std::function<bool(std::size_t)>& followed_by_relu);
  void add_pooling_gradient(const Pooled& pooled);
  void add_relu_gradient(const dnnl::memory& output);
  void add_gradients(Trained& trained, bool data_too);
  template <class WeightGradient, class DataGradient>
  void add_gradient_calls(Trained& trained,
                          const typename WeightGradient::primitive_desc& weight_gradient,
                          const typename DataGradient::primitive_desc* data_gradient);

  int batch_;
  Use use_;
  Plan plan_;
  dnnl::memory input_, output_gradient_;
  dnnl::memory last_, gradient_;  // the activation and its gradient that building has come to
  std::vector<Trained> trained_;
  std::vector<Pooled> pooled_;
  std::vector<Call> forward_, backward_;
  std::string implementations_;
};

}  // namespace etch::peers::dnn

#endif
