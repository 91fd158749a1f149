// LIBXSMM: dense layers, by kernels that it compiles for their sizes when it runs. It has no word
// for blocking where the sizes are not small, so the weights lie in panels of 64 columns, and a
// kernel takes one panel for all samples; the data gradient has panels of the weights turned.
// Its convolutions know neither biases nor paddings that differ before and after: left out.

#include <fmt/format.h>
#include <libxsmm.h>

#include <algorithm>

#include "etch/base/buffer.hpp"
#include "etch/base/error.hpp"
#include "peer.hpp"

namespace etch::peers {
namespace {

constexpr int panel = 64;

/// c [n][m] = (or += where beta is 1) b [n][k] a [k][m], or b [k][n] where it is turned, with their
/// rows lda, ldb and ldc apart: the library's columns are rows here.
libxsmm_smmfunction kernel_of(int m, int n, int k, int lda, int ldb, int ldc, float beta,
                              bool turn_b) {
  const float alpha = 1;
  const int flags = turn_b ? LIBXSMM_GEMM_FLAG_TRANS_B : LIBXSMM_GEMM_FLAG_NONE;
  const int prefetch = LIBXSMM_PREFETCH_NONE;
  const libxsmm_smmfunction kernel =
      libxsmm_smmdispatch(m, n, k, &lda, &ldb, &ldc, &alpha, &beta, &flags, &prefetch);
  if (kernel != nullptr) return kernel;
  throw Error("xsmm", fmt::format("requires a kernel for {} x {} x {}, none came; build without it",
                                  m, n, k));
}

/// A dense layer's pass with its memory.
class DensePass {
 public:
  DensePass(const Layer& layer, Pass pass, const Arrays& arrays)
      : layer_(layer),
        pass_(pass),
        arrays_(arrays),
        columns_(pass == Pass::data_gradient ? layer.inputs() : layer.outputs()),
        depth_(pass == Pass::data_gradient ? layer.outputs() : layer.inputs()),
        weights_(layer.kernel.size()),
        panels_(layer.kernel.size()),
        found_(pass == Pass::weight_gradient
                   ? layer.kernel.size() + layer.bias.size()
                   : static_cast<std::size_t>(arrays.batch) * static_cast<std::size_t>(columns_)),
        packed_(static_cast<std::size_t>(arrays.batch) * panel) {
    std::copy(layer.kernel.begin(), layer.kernel.end(), weights_.data());
    for (int first = 0; first < columns_; first += panel) {
      const int m = std::min(panel, columns_ - first);
      kernels_.push_back(pass == Pass::weight_gradient
                             ? kernel_of(m, depth_, arrays.batch, m, depth_, columns_, 0, true)
                             : kernel_of(m, arrays.batch, depth_, m, depth_, columns_,
                                         pass == Pass::forward ? 1.0f : 0.0f, false));
    }
    reorder();
  }

  void run() {
    if (pass_ == Pass::weight_gradient) return weight_gradient();
    if (pass_ == Pass::forward) {
      for (int row = 0; row < arrays_.batch; ++row) {
        std::copy(layer_.bias.begin(), layer_.bias.end(), found_.data() + at(row, columns_));
      }
    }
    const std::vector<float>& from = pass_ == Pass::forward ? arrays_.x : arrays_.dy;
    for (int first = 0; first < columns_; first += panel) {
      kernels_[static_cast<std::size_t>(first / panel)](panels_.data() + at(first, depth_),
                                                        from.data(), found_.data() + first);
    }
  }

  /// The weights into panels.
  void reorder() {
    if (pass_ == Pass::weight_gradient) return;
    const bool turned = pass_ == Pass::data_gradient;
    for (int first = 0; first < columns_; first += panel) {
      const int width = std::min(panel, columns_ - first);
      float* to = panels_.data() + at(first, depth_);
      for (int k = 0; k < depth_; ++k) {
        for (int c = first; c < first + width; ++c) {
          *to++ = weights_.data()[turned ? at(c, depth_) + k : at(k, columns_) + c];
        }
      }
    }
  }

  std::vector<float> result() const { return {found_.data(), found_.data() + found_.size()}; }

 private:
  static std::ptrdiff_t at(int row, int columns) { return std::ptrdiff_t{row} * columns; }

  void weight_gradient() {
    float* db = found_.data() + layer_.kernel.size();
    std::fill_n(db, columns_, 0.0f);
    for (int first = 0; first < columns_; first += panel) {
      const int width = std::min(panel, columns_ - first);
      for (int row = 0; row < arrays_.batch; ++row) {
        const float* from = arrays_.dy.data() + at(row, columns_) + first;
        std::copy_n(from, width, packed_.data() + at(row, width));
        for (int c = 0; c < width; ++c) db[first + c] += from[c];
      }
      kernels_[static_cast<std::size_t>(first / panel)](packed_.data(), arrays_.x.data(),
                                                        found_.data() + first);
    }
  }

  const Layer& layer_;
  Pass pass_;
  const Arrays& arrays_;
  int columns_, depth_;  // of the product: the result's, and what is summed of weights
  Buffer weights_, panels_, found_, packed_;
  std::vector<libxsmm_smmfunction> kernels_;
};

class XSMM : public Peer {
 public:
  std::string name() const override { return "xsmm"; }

  std::string version() const override {
    return fmt::format("{}, kernels for {}", LIBXSMM_VERSION, libxsmm_get_target_arch());
  }

  std::optional<Work> pass(const Layer& layer, Pass pass, const Arrays& arrays) override {
    if (layer.kind != Layer::Kind::dense) return {};
    const auto dense = std::make_shared<DensePass>(layer, pass, arrays);
    Work work{.run = [=] { dense->run(); },
              .result = [=] { return dense->result(); },
              .implementation = "smm, panels of 64"};
    if (pass != Pass::weight_gradient) work.reorder = [=] { dense->reorder(); };
    return work;
  }
};

}  // namespace

std::unique_ptr<Peer> xsmm() {
  return std::make_unique<XSMM>();
}

}  // namespace etch::peers
