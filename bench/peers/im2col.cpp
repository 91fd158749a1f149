#include "im2col.hpp"

#include <algorithm>

#include "etch/base/buffer.hpp"

namespace etch::peers {
namespace {

/// Calls visit(line, pixel, first, count) for every row of every window: where the row begins in a
/// matrix of windows, [rows.out * columns.out][window * window * channels], and in the picture,
/// from its element `first` on and for `count` of them. None are inside where the row is not.
template <class Visit>
void for_each_line(const Layer& layer, const Visit& visit) {
  const auto& [rows, columns] = std::pair(layer.rows, layer.columns);
  const int c = layer.channels;
  std::ptrdiff_t line = 0;
  for (int oy = 0; oy < rows.out; ++oy) {
    for (int ox = 0; ox < columns.out; ++ox) {
      const int first = columns.first(ox), end = columns.end(ox);
      const int left = ox * columns.stride - columns.before;
      for (int ky = 0; ky < rows.size; ++ky, line += columns.size * c) {
        const int y = oy * rows.stride - rows.before + ky;
        const bool inside = y >= 0 && y < rows.in;
        visit(line, (y * columns.in + left + first) * c, first * c,
              inside ? (end - first) * c : 0);
      }
    }
  }
}

/// One picture's windows as rows of a matrix, in the order of the kernel; zero where the window is
/// beyond the border.
void im2col(const Layer& layer, const float* x, float* matrix) {
  const int length = layer.columns.size * layer.channels;
  for_each_line(layer, [&](std::ptrdiff_t line, int pixel, int first, int count) {
    std::fill_n(matrix + line, length, 0.0f);
    if (count > 0) std::copy_n(x + pixel, count, matrix + line + first);
  });
}

/// The opposite: adds every element of the matrix to the pixel that it came from.
void col2im(const Layer& layer, const float* matrix, float* dx) {
  std::fill_n(dx, layer.inputs(), 0.0f);
  for_each_line(layer, [&](std::ptrdiff_t line, int pixel, int first, int count) {
    for (int i = 0; i < count; ++i) dx[pixel + i] += matrix[line + first + i];
  });
}

Buffer buffer_of(const std::vector<float>& values) {
  Buffer buffer(values.size());
  std::copy(values.begin(), values.end(), buffer.data());
  return buffer;
}

/// A pass with its memory.
class ByProducts {
 public:
  ByProducts(const Layer& layer, const Arrays& arrays, const Products& products)
      : layer_(layer),
        products_(products),
        is_dense_(layer.kind == Layer::Kind::dense),
        blocks_(is_dense_ ? 1 : arrays.batch),
        rows_(is_dense_ ? arrays.batch : layer.rows.out * layer.columns.out),
        inputs_(layer.rows.size * layer.columns.size * layer.channels),
        x_(buffer_of(arrays.x)),
        y_(arrays.y.size()),
        dy_(buffer_of(arrays.dy)),
        dx_(arrays.x.size()),
        kernel_(buffer_of(layer.kernel)),
        gradient_(layer.kernel.size() + layer.bias.size()),
        matrix_(is_dense_ ? 0
                          : static_cast<std::size_t>(rows_) * static_cast<std::size_t>(inputs_)) {}

  void run(Pass pass) {
    if (pass == Pass::weight_gradient) std::fill_n(gradient_.data(), gradient_.size(), 0.0f);
    for (int block = 0; block < blocks_; ++block) {
      if (pass == Pass::forward) forward(block);
      if (pass == Pass::data_gradient) data_gradient(block);
      if (pass == Pass::weight_gradient) weight_gradient(block);
    }
  }

  std::vector<float> result(Pass pass) const {
    const Buffer& found = pass == Pass::forward         ? y_
                          : pass == Pass::data_gradient ? dx_
                                                        : gradient_;
    return {found.data(), found.data() + found.size()};
  }

 private:
  /// The rows of x that a product takes: samples, or a picture's windows.
  const float* windows(int block) {
    const float* x = x_.data() + std::ptrdiff_t{block} * layer_.inputs();
    if (is_dense_) return x;
    im2col(layer_, x, matrix_.data());
    return matrix_.data();
  }

  std::ptrdiff_t output(int block) const { return std::ptrdiff_t{block} * rows_ * layer_.filters; }

  void forward(int block) {
    float* y = y_.data() + output(block);
    for (int row = 0; row < rows_; ++row) {
      std::copy(layer_.bias.begin(), layer_.bias.end(), y + std::ptrdiff_t{row} * layer_.filters);
    }
    products_.forward(rows_, inputs_, layer_.filters, windows(block), kernel_.data(), y);
  }

  void data_gradient(int block) {
    const float* dy = dy_.data() + output(block);
    float* dx = dx_.data() + std::ptrdiff_t{block} * layer_.inputs();
    products_.data_gradient(rows_, inputs_, layer_.filters, dy, kernel_.data(),
                            is_dense_ ? dx : matrix_.data());
    if (!is_dense_) col2im(layer_, matrix_.data(), dx);
  }

  void weight_gradient(int block) {
    const float* dy = dy_.data() + output(block);
    products_.weight_gradient(rows_, inputs_, layer_.filters, windows(block), dy, gradient_.data());
    float* db = gradient_.data() + layer_.kernel.size();
    for (int row = 0; row < rows_; ++row) {
      const float* from = dy + std::ptrdiff_t{row} * layer_.filters;
      for (int i = 0; i < layer_.filters; ++i) db[i] += from[i];
    }
  }

  const Layer& layer_;
  Products products_;
  bool is_dense_;
  int blocks_, rows_, inputs_;
  Buffer x_, y_, dy_, dx_, kernel_, gradient_, matrix_;
};

}  // namespace

std::optional<Work> im2col_pass(const Layer& layer, Pass pass, const Arrays& arrays,
                                const Products& products) {
  if (!layer.trains()) return {};
  const auto by_products = std::make_shared<ByProducts>(layer, arrays, products);
  return Work{.run = [=] { by_products->run(pass); },
              .result = [=] { return by_products->result(pass); },
              .implementation = layer.kind == Layer::Kind::dense ? "gemm" : "im2col, gemm"};
}

}  // namespace etch::peers
