// OpenBLAS: the products of dense layers by its sgemm, convolutions by im2col and sgemm, a picture
// at a time, so that its columns stay in the cache. Biases are added by plain loops.

#include <cblas.h>

#include <algorithm>

#include "im2col.hpp"
#include "peer.hpp"

namespace etch::peers {
namespace {

/// c [m][n] = or += a [m][k] b [k][n], either of them turned where it lies the other way.
void multiply(CBLAS_TRANSPOSE turn_a, CBLAS_TRANSPOSE turn_b, int m, int n, int k, const float* a,
              const float* b, float beta, float* c) {
  cblas_sgemm(CblasRowMajor, turn_a, turn_b, m, n, k, 1, a, turn_a == CblasNoTrans ? k : m, b,
              turn_b == CblasNoTrans ? n : k, beta, c, n);
}

class OpenBLAS : public Peer {
 public:
  std::string name() const override { return "openblas"; }

  /// "0.3.21, kernels for Haswell"
  std::string version() const override {
    std::string config = openblas_get_config();  // "OpenBLAS 0.3.21 DYNAMIC_ARCH ..."
    config = config.substr(config.find(' ') + 1);
    return config.substr(0, config.find(' ')) + ", kernels for " + openblas_get_corename();
  }

  /// A version that is older than the processor takes it for one without AVX-512.
  std::vector<std::pair<std::string, std::string>> environment() const override {
    std::vector<std::pair<std::string, std::string>> variables{{"OPENBLAS_NUM_THREADS", "1"}};
#ifdef __AVX512F__
    const std::string core = openblas_get_corename();
    if (core == "Haswell" || core == "Zen") variables.push_back({"OPENBLAS_CORETYPE", "SkylakeX"});
#endif
    return variables;
  }

  std::optional<Work> pass(const Layer& layer, Pass pass, const Arrays& arrays) override {
    return im2col_pass(
        layer, pass, arrays,
        {.forward = forward, .data_gradient = data_gradient, .weight_gradient = weight_gradient});
  }

 private:
  static void forward(int rows, int inputs, int outputs, const float* x, const float* w, float* y) {
    multiply(CblasNoTrans, CblasNoTrans, rows, outputs, inputs, x, w, 1, y);
  }
  static void data_gradient(int rows, int inputs, int outputs, const float* dy, const float* w,
                            float* dx) {
    multiply(CblasNoTrans, CblasTrans, rows, inputs, outputs, dy, w, 0, dx);
  }
  static void weight_gradient(int rows, int inputs, int outputs, const float* x, const float* dy,
                              float* dw) {
    multiply(CblasTrans, CblasNoTrans, inputs, outputs, rows, x, dy, 1, dw);
  }
};

}  // namespace

std::unique_ptr<Peer> openblas() {
  return std::make_unique<OpenBLAS>();
}

}  // namespace etch::peers
