#include "onednn_net.hpp"

#include <algorithm>

namespace etch::peers::dnn {
namespace {

/// A copy of parameters in the layout `desc`.
dnnl::memory parameters_in(const Desc& desc, dnnl::memory canonical) {
  dnnl::memory memory(desc, engine());
  dnnl::reorder(canonical, memory).execute(stream(), canonical, memory);
  return memory;
}

dnnl::primitive_attr attributes(bool with_relu) {
  dnnl::primitive_attr attributes;
  if (with_relu) {
    dnnl::post_ops relu;
    relu.append_eltwise(1, dnnl::algorithm::eltwise_relu, 0, 0);
    attributes.set_post_ops(relu);
  }
  return attributes;
}

Desc any_layout(const Desc& desc) {
  return {desc.dims(), desc.data_type(), Tag::any};
}

std::size_t floats_of(const dnnl::memory& memory) {
  return memory.get_desc().get_size() / sizeof(float);
}

constexpr auto convolution = dnnl::algorithm::convolution_auto;
constexpr auto pooling = dnnl::algorithm::pooling_max;
constexpr auto relu = dnnl::algorithm::eltwise_relu_use_dst_for_bwd;

}  // namespace

std::string Plan::name() const {
  const std::string tag = pictures == Tag::any ? "any" : pictures == Tag::nhwc ? "nhwc" : "nchw";
  return tag + (keep_pictures ? ", activations kept" : "") + (keep_weights ? ", weights kept" : "");
}

Network::Network(const Model& model, int batch, Use use, const Plan& plan)
    : batch_(batch), use_(use), plan_(plan) {
  const std::vector<Layer>& layers = model.layers;
  const auto followed_by_relu = [&](std::size_t i) {
    return i + 1 < layers.size() && layers[i + 1].kind == Layer::Kind::relu;
  };
  for (std::size_t i = 0; i < layers.size(); ++i) {
    if (layers[i].trains()) add_trained(layers[i], followed_by_relu(i), i + 1 == layers.size());
    if (layers[i].kind == Layer::Kind::max_pool2d) add_pooling(layers[i]);
  }
  if (use == Use::training) add_backward(layers, followed_by_relu);
  implementations_.resize(implementations_.size() - 2);  // the last comma
}

void Network::add_backward(const std::vector<Layer>& layers,
                           const std::function<bool(std::size_t)>& followed_by_relu) {
  gradient_ = output_gradient_ = dnnl::memory(last_.get_desc(), engine());
  dnnl::memory output = last_;
  std::size_t trained = trained_.size(), pooled = pooled_.size();
  for (std::size_t i = layers.size(); i-- > 0;) {
    if (layers[i].kind == Layer::Kind::max_pool2d) {
      add_pooling_gradient(pooled_[--pooled]);
      output = pooled_[pooled].source;
    } else if (layers[i].trains()) {
      if (followed_by_relu(i)) add_relu_gradient(output);
      --trained;
      add_gradients(trained_[trained], trained > 0);
      output = trained_[trained].source;
    }
  }
}

const float* Network::forward(const float* pictures) {
  input_.set_data_handle(const_cast<float*>(pictures));  // it is only read
  run(forward_);
  return values_of(last_);
}

float Network::update(float rate, float l2) {
  float squares = 0;
  for (Trained& trained : trained_) {
    float* w = values_of(trained.weights);
    const float* g = values_of(trained.weight_gradient);
    const std::size_t size = floats_of(trained.weights);
#pragma omp simd reduction(+ : squares)
    for (std::size_t i = 0; i < size; ++i) {
      squares += w[i] * w[i];
      w[i] -= rate * (g[i] + l2 * w[i]);
    }
    float* b = values_of(trained.bias);
    const float* db = values_of(trained.bias_gradient);
    const std::size_t biases = floats_of(trained.bias);
#pragma omp simd
    for (std::size_t i = 0; i < biases; ++i) b[i] -= rate * db[i];
  }
  return squares;
}

dnnl::memory Network::in_layout(const dnnl::memory& memory, const Desc& wanted,
                                std::vector<Call>& calls) {
  if (memory.get_desc() == wanted) return memory;
  const dnnl::memory copy(wanted, engine());
  calls.push_back({dnnl::reorder(memory, copy), {{DNNL_ARG_FROM, memory}, {DNNL_ARG_TO, copy}}});
  implementations_ += "reorder, ";
  return copy;
}

dnnl::memory Network::input_in(const Layer& layer, const Desc& wanted) {
  Desc there = Shapes(layer, batch_).src;
  if (layer.kind == Layer::Kind::conv2d && layer.channels == 1) {  // nchw is the same then
    const Desc planar(there.dims(), there.data_type(), Tag::nchw);
    if (wanted == planar) there = planar;
  }
  input_ = dnnl::memory(there, engine(), nullptr);
  return in_layout(input_, wanted, forward_);
}

dnnl::prop_kind Network::propagation() const {
  return use_ == Use::training ? dnnl::prop_kind::forward_training
                               : dnnl::prop_kind::forward_inference;
}

Desc Network::kept_or_any(const Desc& there, bool keep) const {
  return keep ? there : any_layout(there);
}

void Network::add_trained(const Layer& layer, bool with_relu, bool last) {
  const auto use = propagation();
  Trained trained;
  trained.layer = &layer;
  Shapes plain(layer, batch_), s(layer, batch_, plan_.pictures, Tag::any);
  const bool first = !last_;
  dnnl::primitive primitive;
  Desc source, weights, output;
  const auto made = [&](const auto& desc) {
    source = desc.src_desc();
    weights = desc.weights_desc();
    output = desc.dst_desc();
    implementations_ += layer.name + " " + desc.impl_info_str() + ", ";
  };
  if (is_dense(layer)) {
    if (!first && last_.get_desc().dims().size() == 4) {  // pictures, flattened by the weights
      const auto dims = last_.get_desc().dims();
      s.src = Desc(dims, s.src.data_type(), Tag::any);
      s.weights = Desc({layer.outputs(), dims[1], dims[2], dims[3]}, s.src.data_type(), Tag::any);
      plain.weights = Desc(s.weights.dims(), s.src.data_type(), Tag::hwio);
    }
    if (!first && plan_.keep_pictures) s.src = last_.get_desc();
    if (last) s.dst = plain.dst;
    trained.product = {{use, s.src, s.weights, s.bias, s.dst}, attributes(with_relu), engine()};
    primitive = dnnl::inner_product_forward(trained.product);
    made(trained.product);
  } else {
    const Slide slide(layer);
    trained.convolution = {{use, convolution, s.src, s.weights, s.bias, s.dst, slide.strides,
                            slide.before, slide.after},
                           attributes(with_relu),
                           engine()};
    primitive = dnnl::convolution_forward(trained.convolution);
    made(trained.convolution);
  }
  trained.source = first ? input_in(layer, source) : in_layout(last_, source, forward_);
  trained.weights = parameters_in(weights, memory_of(plain.weights, layer.kernel));
  trained.bias = memory_of(plain.bias, layer.bias);
  last_ = dnnl::memory(output, engine());
  forward_.push_back({primitive,
                      {{DNNL_ARG_SRC, trained.source},
                       {DNNL_ARG_WEIGHTS, trained.weights},
                       {DNNL_ARG_BIAS, trained.bias},
                       {DNNL_ARG_DST, last_}}});
  trained_.push_back(std::move(trained));
}

void Network::add_pooling(const Layer& layer) {
  const Slide slide(layer);
  const Shapes s(layer, batch_, Tag::any, Tag::any);
  const dnnl::pooling_forward::primitive_desc desc(
      {propagation(), pooling, last_.get_desc(), s.dst, slide.strides, slide.window, slide.before,
       slide.after},
      engine());
  implementations_ += layer.name + " " + desc.impl_info_str() + ", ";
  const dnnl::memory output(desc.dst_desc(), engine()), selected(desc.workspace_desc(), engine());
  forward_.push_back(
      {dnnl::pooling_forward(desc),
       {{DNNL_ARG_SRC, last_}, {DNNL_ARG_DST, output}, {DNNL_ARG_WORKSPACE, selected}}});
  pooled_.push_back({&layer, last_, selected, desc});
  last_ = output;
}

void Network::add_pooling_gradient(const Pooled& pooled) {
  const Slide slide(*pooled.layer);
  const Desc source = pooled.source.get_desc(), output = pooled.pooling.dst_desc();
  const dnnl::pooling_backward::primitive_desc desc(
      {pooling, source, output, slide.strides, slide.window, slide.before, slide.after}, engine(),
      pooled.pooling);
  implementations_ += pooled.layer->name + " data_gradient " + desc.impl_info_str() + ", ";
  const dnnl::memory from = in_layout(gradient_, output, backward_), next(source, engine());
  backward_.push_back({dnnl::pooling_backward(desc),
                       {{DNNL_ARG_DIFF_DST, from},
                        {DNNL_ARG_WORKSPACE, pooled.selected},
                        {DNNL_ARG_DIFF_SRC, next}}});
  gradient_ = next;
}

void Network::add_relu_gradient(const dnnl::memory& output) {
  const Desc there = output.get_desc();
  gradient_ = in_layout(gradient_, there, backward_);
  const dnnl::eltwise_forward::primitive_desc forward(
      {dnnl::prop_kind::forward_training, relu, there}, engine());
  const dnnl::eltwise_backward::primitive_desc desc({relu, there, there}, engine(), forward);
  implementations_ += std::string("relu ") + desc.impl_info_str() + ", ";
  backward_.push_back(
      {dnnl::eltwise_backward(desc),
       {{DNNL_ARG_DST, output}, {DNNL_ARG_DIFF_DST, gradient_}, {DNNL_ARG_DIFF_SRC, gradient_}}});
}

void Network::add_gradients(Trained& trained, bool data_too) {
  const Desc src = kept_or_any(trained.source.get_desc(), plan_.keep_pictures);
  const Desc dst = kept_or_any(gradient_.get_desc(), plan_.keep_pictures);
  const Desc weights = kept_or_any(trained.weights.get_desc(), plan_.keep_weights);
  const Desc bias = trained.bias.get_desc();
  if (is_dense(*trained.layer)) {
    using Weights = dnnl::inner_product_backward_weights;
    using Data = dnnl::inner_product_backward_data;
    Data::primitive_desc data;
    if (data_too) data = {{src, weights, dst}, engine(), trained.product};
    add_gradient_calls<Weights, Data>(trained,
                                      {{src, weights, bias, dst}, engine(), trained.product},
                                      data_too ? &data : nullptr);
  } else {
    using Weights = dnnl::convolution_backward_weights;
    using Data = dnnl::convolution_backward_data;
    const Slide slide(*trained.layer);
    Data::primitive_desc data;
    if (data_too) {
      data = {{convolution, src, weights, dst, slide.strides, slide.before, slide.after},
              engine(),
              trained.convolution};
    }
    add_gradient_calls<Weights, Data>(
        trained,
        {{convolution, src, weights, bias, dst, slide.strides, slide.before, slide.after},
         engine(),
         trained.convolution},
        data_too ? &data : nullptr);
  }
}

template <class WeightGradient, class DataGradient>
void Network::add_gradient_calls(Trained& trained,
                                 const typename WeightGradient::primitive_desc& weight_gradient,
                                 const typename DataGradient::primitive_desc* data_gradient) {
  const dnnl::memory found(weight_gradient.diff_weights_desc(), engine());
  trained.bias_gradient = dnnl::memory(weight_gradient.diff_bias_desc(), engine());
  implementations_ +=
      trained.layer->name + " weight_gradient " + weight_gradient.impl_info_str() + ", ";
  const auto source = in_layout(trained.source, weight_gradient.src_desc(), backward_);
  const auto output = in_layout(gradient_, weight_gradient.diff_dst_desc(), backward_);
  backward_.push_back({WeightGradient(weight_gradient),
                       {{DNNL_ARG_SRC, source},
                        {DNNL_ARG_DIFF_DST, output},
                        {DNNL_ARG_DIFF_WEIGHTS, found},
                        {DNNL_ARG_DIFF_BIAS, trained.bias_gradient}}});
  trained.weight_gradient = in_layout(found, trained.weights.get_desc(), backward_);
  if (data_gradient == nullptr) return;
  implementations_ +=
      trained.layer->name + " data_gradient " + data_gradient->impl_info_str() + ", ";
  const dnnl::memory next(data_gradient->diff_src_desc(), engine());
  const auto weights = in_layout(trained.weights, data_gradient->weights_desc(), backward_);
  const auto from = in_layout(gradient_, data_gradient->diff_dst_desc(), backward_);
  backward_.push_back(
      {DataGradient(*data_gradient),
       {{DNNL_ARG_WEIGHTS, weights}, {DNNL_ARG_DIFF_DST, from}, {DNNL_ARG_DIFF_SRC, next}}});
  gradient_ = next;
}

}  // namespace etch::peers::dnn
