// oneDNN: a pass of one layer. It chooses the layouts of weights and activations itself; because
// its first choice is not always its fastest, other layouts and implementations are tried, too,
// and the fastest is what is measured.

#include "onednn.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string_view>

namespace etch::peers {
namespace {

using namespace dnn;

/// An array of a primitive: as it computes with it, and in TensorFlow's order.
struct Array {
  dnnl::memory own, canonical;
  bool is_read;

  bool is_reordered() const { return own.get_desc() != canonical.get_desc(); }

  void reorder() {
    if (!is_reordered()) return;
    dnnl::memory& from = is_read ? canonical : own;
    dnnl::memory& to = is_read ? own : canonical;
    dnnl::reorder(from, to).execute(stream(), from, to);
  }
};

/// A primitive with its arrays.
struct Operation {
  dnnl::primitive primitive;
  std::map<int, Array> arrays;
  std::unordered_map<int, dnnl::memory> arguments;
  std::string implementation;

  void run() { primitive.execute(stream(), arguments); }

  void reorder() {
    for (auto& [argument, array] : arrays) array.reorder();
  }

  bool is_reordered() const {
    return std::any_of(arrays.begin(), arrays.end(),
                       [](const auto& array) { return array.second.is_reordered(); });
  }

  std::vector<float> result() {
    std::vector<float> all;
    for (auto& [argument, array] : arrays) {  // a kernel's gradient comes before the bias's
      if (array.is_read) continue;
      array.reorder();
      const std::vector<float> values = read(array.canonical);
      all.insert(all.end(), values.begin(), values.end());
    }
    return all;
  }
};

/// The fastest of what is considered.
class Choice {
 public:
  /// Arrays that the primitive reads, with their values, and those that it writes.
  std::map<int, dnnl::memory> reads, writes;

  /// All implementations of a primitive, from the one that the library prefers.
  template <class Primitive>
  void consider(typename Primitive::primitive_desc desc) {
    if (!desc) return;
    do {
      consider_one<Primitive>(desc);
    } while (desc.next_impl());
  }

  /// The one that the library prefers alone.
  template <class Primitive>
  void consider_one(const typename Primitive::primitive_desc& desc) {
    const std::string implementation = desc.impl_info_str();
    // The reference loops are up to a thousand times slower, and the last resort.
    if (fastest_.best() && implementation.starts_with("ref")) return;
    auto operation = std::make_shared<Operation>();
    operation->primitive = Primitive(desc);
    operation->implementation = implementation;
    for (bool is_read : {true, false}) {
      for (const auto& [argument, canonical] : is_read ? reads : writes) {
        const Desc wanted = desc.query_md(dnnl::query::exec_arg_md, argument);
        const bool same = wanted == canonical.get_desc();
        Array array{same ? canonical : dnnl::memory(wanted, engine()), canonical, is_read};
        if (is_read) array.reorder();
        operation->arguments.emplace(argument, array.own);
        operation->arrays.emplace(argument, std::move(array));
      }
    }
    const Desc workspace = desc.query_md(dnnl::query::workspace_md);
    if (workspace.get_size() > 0 && !reads.contains(DNNL_ARG_WORKSPACE)) {
      operation->arguments.emplace(DNNL_ARG_WORKSPACE, dnnl::memory(workspace, engine()));
    }
    fastest_.consider(std::move(operation));
  }

  Work work() const {
    const std::shared_ptr<Operation> best = fastest_.best();
    Work work{.run = [best] { best->run(); },
              .result = [best] { return best->result(); },
              .implementation = best->implementation};
    if (best->is_reordered()) work.reorder = [best] { best->reorder(); };
    return work;
  }

 private:
  Fastest<Operation> fastest_;
};

constexpr auto training = dnnl::prop_kind::forward_training;

/// Layouts that a convolution is offered for its pictures.
constexpr Tag picture_tags[] = {Tag::any, Tag::nhwc, Tag::nchw};
/// Those of a pooling, which takes what it gets.
constexpr Tag pooled_tags[] = {Tag::nhwc, Tag::nchw, Tag::nChw8c, Tag::nChw16c};
/// Those that a dense layer is offered for its weights.
constexpr Tag dense_tags[] = {Tag::any, Tag::oi, Tag::io};

void consider_convolution(const Layer& layer, Pass pass, int batch, Choice& choice) {
  using Forward = dnnl::convolution_forward;
  using DataGradient = dnnl::convolution_backward_data;
  using WeightGradient = dnnl::convolution_backward_weights;
  const auto algorithm = dnnl::algorithm::convolution_auto;
  const Slide slide(layer);
  for (Tag tag : picture_tags) {
    const Shapes s(layer, batch, tag, Tag::any);
    const Forward::primitive_desc forward({training, algorithm, s.src, s.weights, s.bias, s.dst,
                                           slide.strides, slide.before, slide.after},
                                          engine(), true);
    if (pass == Pass::forward) {
      choice.consider<Forward>(forward);
    } else if (pass == Pass::data_gradient) {
      choice.consider<DataGradient>(
          {{algorithm, s.src, s.weights, s.dst, slide.strides, slide.before, slide.after},
           engine(),
           forward,
           true});
    } else {
      choice.consider<WeightGradient>(
          {{algorithm, s.src, s.weights, s.bias, s.dst, slide.strides, slide.before, slide.after},
           engine(),
           forward,
           true});
    }
  }
}

void consider_dense(const Layer& layer, Pass pass, int batch, Choice& choice) {
  using Forward = dnnl::inner_product_forward;
  using DataGradient = dnnl::inner_product_backward_data;
  using WeightGradient = dnnl::inner_product_backward_weights;
  for (Tag tag : dense_tags) {
    const Shapes s(layer, batch, Tag::any, tag);
    const Forward::primitive_desc forward({training, s.src, s.weights, s.bias, s.dst}, engine(),
                                          true);
    if (pass == Pass::forward) {
      choice.consider<Forward>(forward);
    } else if (pass == Pass::data_gradient) {
      choice.consider<DataGradient>({{s.src, s.weights, s.dst}, engine(), forward, true});
    } else {
      choice.consider<WeightGradient>({{s.src, s.weights, s.bias, s.dst}, engine(), forward, true});
    }
  }
}

void consider_relu(const Layer& layer, Pass pass, int batch, Choice& choice) {
  const auto algorithm = dnnl::algorithm::eltwise_relu_use_dst_for_bwd;
  const Desc desc = Shapes(layer, batch).src;
  const dnnl::eltwise_forward::primitive_desc forward({training, algorithm, desc}, engine());
  if (pass == Pass::forward) {
    choice.consider<dnnl::eltwise_forward>(forward);
  } else {
    choice.consider<dnnl::eltwise_backward>({{algorithm, desc, desc}, engine(), forward});
  }
}

/// Version 2.6 dies when it is asked for the next implementation of a pooling.
void consider_pooling(const Layer& layer, Pass pass, int batch, const std::vector<float>& x,
                      Choice& choice) {
  const auto algorithm = dnnl::algorithm::pooling_max;
  const Slide slide(layer);
  for (Tag tag : pooled_tags) {
    const Shapes s(layer, batch, tag, Tag::any);
    const dnnl::pooling_forward::primitive_desc forward(
        {training, algorithm, s.src, s.dst, slide.strides, slide.window, slide.before, slide.after},
        engine());
    dnnl::memory src(s.src, engine()), dst(s.dst, engine());
    dnnl::memory workspace(forward.workspace_desc(), engine());
    if (pass == Pass::forward) {
      choice.consider_one<dnnl::pooling_forward>(forward);
      continue;
    }
    dnnl::memory pictures = memory_of(Shapes(layer, batch).src, x);
    dnnl::reorder(pictures, src).execute(stream(), pictures, src);
    dnnl::pooling_forward(forward).execute(
        stream(), {{DNNL_ARG_SRC, src}, {DNNL_ARG_DST, dst}, {DNNL_ARG_WORKSPACE, workspace}});
    choice.reads[DNNL_ARG_WORKSPACE] = workspace;
    choice.consider_one<dnnl::pooling_backward>(
        {{algorithm, s.src, s.dst, slide.strides, slide.window, slide.before, slide.after},
         engine(),
         forward});
  }
}

class OneDNN : public Peer {
 public:
  std::string name() const override { return "onednn"; }

  std::string version() const override {
    const dnnl::version_t& version = *dnnl::version();
    return fmt::format("{}.{}.{}", version.major, version.minor, version.patch);
  }

  std::optional<Work> pass(const Layer& layer, Pass pass, const Arrays& arrays) override {
    const Shapes s(layer, arrays.batch);
    Choice choice;
    const auto reads = [&](int argument, const Desc& desc, const std::vector<float>& values) {
      choice.reads[argument] = memory_of(desc, values);
    };
    const auto writes = [&](int argument, const Desc& desc) {
      choice.writes[argument] = dnnl::memory(desc, engine());
    };
    if (pass != Pass::data_gradient) reads(DNNL_ARG_SRC, s.src, arrays.x);
    if (pass == Pass::forward) {
      writes(DNNL_ARG_DST, s.dst);
      if (layer.trains()) {
        reads(DNNL_ARG_WEIGHTS, s.weights, layer.kernel);
        reads(DNNL_ARG_BIAS, s.bias, layer.bias);
      }
    } else {
      reads(DNNL_ARG_DIFF_DST, s.dst, arrays.dy);
    }
    if (pass == Pass::data_gradient) {
      writes(DNNL_ARG_DIFF_SRC, s.src);
      if (layer.trains()) reads(DNNL_ARG_WEIGHTS, s.weights, layer.kernel);
      if (layer.kind == Layer::Kind::relu) reads(DNNL_ARG_DST, s.dst, arrays.y);
    }
    if (pass == Pass::weight_gradient) {
      writes(DNNL_ARG_DIFF_WEIGHTS, s.weights);
      writes(DNNL_ARG_DIFF_BIAS, s.bias);
    }
    switch (layer.kind) {
      case Layer::Kind::conv2d:
        consider_convolution(layer, pass, arrays.batch, choice);
        break;
      case Layer::Kind::dense:
        consider_dense(layer, pass, arrays.batch, choice);
        break;
      case Layer::Kind::relu:
        consider_relu(layer, pass, arrays.batch, choice);
        break;
      case Layer::Kind::max_pool2d:
        consider_pooling(layer, pass, arrays.batch, arrays.x, choice);
        break;
      case Layer::Kind::dropout:
        return {};
    }
    return choice.work();
  }

  std::optional<Work> step(const Model& model, const Samples& samples) override {
    return dnn::step(model, samples);
  }
  std::optional<Work> classify(const Model& model, const Samples& samples) override {
    return dnn::classify(model, samples);
  }
  std::optional<Work> predict(const Model& model, const Samples& samples) override {
    return dnn::predict(model, samples);
  }
};

}  // namespace

std::unique_ptr<Peer> onednn() {
  return std::make_unique<OneDNN>();
}

}  // namespace etch::peers
