#ifndef ETCH_BENCH_PEERS_ONEDNN_HPP
#define ETCH_BENCH_PEERS_ONEDNN_HPP

// What a pass of one layer and a whole network share: a layer's arrays as oneDNN sees them, and its
// primitives. `dims` are NCHW and OIHW there whatever the order in memory; a dense layer has NC and
// OI.

#include <algorithm>
#include <chrono>
#include <dnnl.hpp>
#include <memory>
#include <utility>
#include <vector>

#include "peer.hpp"

namespace etch::peers::dnn {

using Tag = dnnl::memory::format_tag;
using Desc = dnnl::memory::desc;

/// Without oneDNN's cache of primitives, which 2.6 looks up by layouts that it takes for equal
/// where there is one channel, nchw and nhwc: conv_strided's first weight gradient got the
/// primitive of the other one, which writes 12800 bytes to the 1600 that were asked for.
inline const dnnl::engine& engine() {
  static const dnnl::engine engine = [] {
    dnnl::set_primitive_cache_capacity(0);
    return dnnl::engine(dnnl::engine::kind::cpu, 0);
  }();
  return engine;
}

inline dnnl::stream& stream() {
  static dnnl::stream stream(engine());
  return stream;
}

inline bool is_dense(const Layer& layer) {
  return layer.kind == Layer::Kind::dense;
}

/// A layer's arrays, in TensorFlow's order where `activations` is nhwc and `weights` hwio, and in
/// the order of the library's choice where they are any.
struct Shapes {
  Desc src, weights, bias, dst;

  Shapes(const Layer& layer, int batch, Tag activations, Tag kernel) {
    const auto type = dnnl::memory::data_type::f32;
    if (is_dense(layer)) {
      const Tag plain = activations == Tag::any ? Tag::any : Tag::nc;
      src = Desc({batch, layer.inputs()}, type, plain);
      dst = Desc({batch, layer.outputs()}, type, plain);
      weights = Desc({layer.outputs(), layer.inputs()}, type, kernel);
    } else {
      src = Desc({batch, layer.channels, layer.rows.in, layer.columns.in}, type, activations);
      dst = Desc({batch, layer.filters, layer.rows.out, layer.columns.out}, type, activations);
      weights =
          Desc({layer.filters, layer.channels, layer.rows.size, layer.columns.size}, type, kernel);
    }
    bias = Desc({layer.filters}, type, Tag::a);
  }

  /// All in TensorFlow's order.
  Shapes(const Layer& layer, int batch)
      : Shapes(layer, batch, Tag::nhwc, is_dense(layer) ? Tag::io : Tag::hwio) {}
};

/// Strides and paddings of a window that slides.
struct Slide {
  dnnl::memory::dims window, strides, before, after;

  explicit Slide(const Layer& layer) {
    for (const Window& axis : {layer.rows, layer.columns}) {
      window.push_back(axis.size);
      strides.push_back(axis.stride);
      before.push_back(axis.before);
      after.push_back((axis.out - 1) * axis.stride + axis.size - axis.in - axis.before);
    }
  }
};

/// What OneDNN's functions of these names return; onednn_model.cpp.
Work step(const Model& model, const Samples& samples);
Work classify(const Model& model, const Samples& samples);
Work predict(const Model& model, const Samples& samples);

/// The fastest Work of all that were considered, by the best of five runs.
template <class Work>
class Fastest {
 public:
  void consider(std::shared_ptr<Work> work) {
    double seconds = 1e9;
    for (int call = 0; call < 5; ++call) {
      const auto start = std::chrono::steady_clock::now();
      work->run();
      const std::chrono::duration<double> time = std::chrono::steady_clock::now() - start;
      seconds = std::min(seconds, time.count());
    }
    if (best_ && seconds >= seconds_) return;
    seconds_ = seconds;
    best_ = std::move(work);
  }
  const std::shared_ptr<Work>& best() const { return best_; }

 private:
  std::shared_ptr<Work> best_;
  double seconds_ = 0;
};

inline std::vector<float> read(const dnnl::memory& memory) {
  const auto* const values = static_cast<const float*>(memory.get_data_handle());
  return {values, values + memory.get_desc().get_size() / sizeof(float)};
}

inline dnnl::memory memory_of(const Desc& desc, const std::vector<float>& values) {
  dnnl::memory memory(desc, engine());
  std::copy(values.begin(), values.end(), static_cast<float*>(memory.get_data_handle()));
  return memory;
}

}  // namespace etch::peers::dnn

#endif
