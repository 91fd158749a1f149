#ifndef ETCH_BENCH_PEERS_IM2COL_HPP
#define ETCH_BENCH_PEERS_IM2COL_HPP

#include "peer.hpp"

namespace etch::peers {

/// The products that the passes of a layer need, of matrices close together, by a library that
/// multiplies matrices. Dense layers are `rows` samples; convolutions `rows` pixels of the output,
/// and `inputs` are what the window covers.
struct Products {
  /// y [rows][outputs] += x [rows][inputs] w [inputs][outputs]
  std::function<void(int rows, int inputs, int outputs, const float* x, const float* w, float* y)>
      forward;
  /// dx [rows][inputs] = dy [rows][outputs] w^T
  std::function<void(int rows, int inputs, int outputs, const float* dy, const float* w, float* dx)>
      data_gradient;
  /// dw [inputs][outputs] += x^T dy
  std::function<void(int rows, int inputs, int outputs, const float* x, const float* dy, float* dw)>
      weight_gradient;
};

/// A pass by such products: a dense layer's by one, a convolution's by one for each picture; none
/// of a layer without weights.
std::optional<Work> im2col_pass(const Layer& layer, Pass pass, const Arrays& arrays,
                                const Products& products);

}  // namespace etch::peers

#endif
