#ifndef ETCH_TEST_LAWS_ORACLE_HPP
#define ETCH_TEST_LAWS_ORACLE_HPP

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <vector>

#include "etch/etch.hpp"

namespace etch::test {

using Reals = std::vector<double>;

/// What each layer means, as plain loops over one sample in double precision:
///   forward<In>(context, x, variables, y), variables in TensorFlow's order, context.first_row the
///   sample's index in its batch.
/// Its gradients need no oracle: finite differences of forward are exact enough in double.
template <class Layer>
struct Oracle;

template <int Units>
struct Oracle<Dense<Units>> {
  template <class In>
  static void forward(const Context&, const Reals& x, const std::vector<Reals>& variables,
                      Reals& y) {
    y = variables[1];
    const double* weight = variables[0].data();
    for (const double input : x) {
      for (double& sum : y) sum += input * *weight++;
    }
  }
};

/// How many pixels TensorFlow pads before the picture, by its documented formulas.
inline int padded_before(int in, int size, int stride, bool same) {
  if (!same) return 0;
  const int along = in % stride == 0 ? std::max(size - stride, 0) : std::max(size - in % stride, 0);
  return along / 2;
}

template <int Filters, int Kernel, class Padding, int Stride>
struct Oracle<Conv2D<Filters, Kernel, Padding, Stride>> {
  template <class In>
  static void forward(const Context&, const Reals& x, const std::vector<Reals>& variables,
                      Reals& y) {
    using Out = typename Conv2D<Filters, Kernel, Padding, Stride>::template Output<In>;
    const int top = padded_before(In::height, Kernel, Stride, Padding::pads);
    const int left = padded_before(In::width, Kernel, Stride, Padding::pads);
    for (int oy = 0; oy < Out::height; ++oy) {
      for (int ox = 0; ox < Out::width; ++ox) {
        for (int f = 0; f < Filters; ++f) {
          double sum = variables[1][static_cast<std::size_t>(f)];
          for (int ky = 0; ky < Kernel; ++ky) {
            for (int kx = 0; kx < Kernel; ++kx) {
              const int iy = oy * Stride + ky - top, ix = ox * Stride + kx - left;
              if (iy < 0 || iy >= In::height || ix < 0 || ix >= In::width) continue;
              for (int c = 0; c < In::channels; ++c) {
                sum += x[static_cast<std::size_t>((iy * In::width + ix) * In::channels + c)] *
                       variables[0][static_cast<std::size_t>(
                           ((ky * Kernel + kx) * In::channels + c) * Filters + f)];
              }
            }
          }
          y[static_cast<std::size_t>((oy * Out::width + ox) * Filters + f)] = sum;
        }
      }
    }
  }
};

template <int Size, int Stride, class Padding>
struct Oracle<MaxPool2D<Size, Stride, Padding>> {
  template <class In>
  static void forward(const Context&, const Reals& x, const std::vector<Reals>&, Reals& y) {
    using Out = typename MaxPool2D<Size, Stride, Padding>::template Output<In>;
    const int top = padded_before(In::height, Size, Stride, Padding::pads);
    const int left = padded_before(In::width, Size, Stride, Padding::pads);
    for (int oy = 0; oy < Out::height; ++oy) {
      for (int ox = 0; ox < Out::width; ++ox) {
        for (int c = 0; c < In::channels; ++c) {
          double largest = -std::numeric_limits<double>::infinity();
          for (int ky = 0; ky < Size; ++ky) {
            for (int kx = 0; kx < Size; ++kx) {
              const int iy = oy * Stride + ky - top, ix = ox * Stride + kx - left;
              if (iy < 0 || iy >= In::height || ix < 0 || ix >= In::width) continue;
              largest = std::max(
                  largest, x[static_cast<std::size_t>((iy * In::width + ix) * In::channels + c)]);
            }
          }
          y[static_cast<std::size_t>((oy * Out::width + ox) * In::channels + c)] = largest;
        }
      }
    }
  }
};

template <>
struct Oracle<ReLU> {
  template <class In>
  static void forward(const Context&, const Reals& x, const std::vector<Reals>&, Reals& y) {
    for (std::size_t i = 0; i < x.size(); ++i) y[i] = std::max(x[i], 0.0);
  }
};

template <float Rate>
struct Oracle<Dropout<Rate>> {
  template <class In>
  static void forward(const Context& context, const Reals& x, const std::vector<Reals>&, Reals& y) {
    const float rate = context.dropout_rate.value_or(Rate);
    const RandomStream stream{context.seed, Purpose::dropout, context.layer, context.step};
    for (std::size_t i = 0; i < x.size(); ++i) {
      const bool kept =
          uniform(stream.word(static_cast<std::uint32_t>(i), context.first_row)) >= rate;
      y[i] = !context.training ? x[i] : kept ? x[i] / (1 - double{rate}) : 0;
    }
  }
};

/// A whole network in double precision.
template <class Net>
struct NetworkOracle {
  std::vector<std::vector<Reals>> variables;  // of each layer, in TensorFlow's order

  explicit NetworkOracle(const Model<Net>& model) {
    Net::for_each_step([&]<class Step>() {
      std::vector<Reals> of_layer;
      for (std::size_t v = 0; v < Step::variables.size(); ++v) {
        const std::vector<float> values = model.template get<Step::index>(Step::variables[v].name);
        of_layer.emplace_back(values.begin(), values.end());
      }
      variables.push_back(of_layer);
    });
  }

  /// The logits of one sample.
  Reals forward(Context context, Reals x) const {
    Net::for_each_step([&]<class Step>() {
      Reals y(Step::Out::size);
      context.layer = Step::index;
      Oracle<typename Step::Layer>::template forward<typename Step::In>(context, x,
                                                                        variables[Step::index], y);
      x = y;
    });
    return x;
  }

  /// Softmax cross-entropy of one sample.
  double loss(const Context& context, const Reals& x, std::size_t label) const {
    const Reals logits = forward(context, x);
    double sum = 0;
    for (double z : logits) sum += std::exp(z - logits[label]);
    return std::log(sum);
  }
};

}  // namespace etch::test

#endif
