// The gradients of a convolution behind which a pooling selects: of every window of the pooling one
// pixel alone has a gradient, for each filter another. What the zeros between them would add is
// left out: of MaxPool2D<2> three products of four. (14x14x16 to 16, 5x5, 16 samples on a Zen 4:
// weight gradient 107 µs, 287 from the gradients among zeros; data gradient 136, 292.)
//
// The lanes are those of a run (conv2d_pooled_layout.hpp), all channels under a row of the window:
// a gradient meets the pixels, or weights, of whole vectors. A sample of x has borders of zeros
// around it, so that no run has to end early.

#if defined(ETCH_KERNEL_CONV2D_POOLED_INL_HPP) == defined(HWY_TARGET_TOGGLE)
#ifdef ETCH_KERNEL_CONV2D_POOLED_INL_HPP
#undef ETCH_KERNEL_CONV2D_POOLED_INL_HPP
#else
#define ETCH_KERNEL_CONV2D_POOLED_INL_HPP
#endif

#include <algorithm>
#include <array>
#include <cstdint>
#include <type_traits>

#include "etch/base/round.hpp"
#include "etch/kernel/conv2d_bias_gradient-inl.hpp"
#include "etch/kernel/conv2d_blocks-inl.hpp"
#include "etch/kernel/conv2d_pooled_layout.hpp"
#include "etch/kernel/conv2d_pooled_narrow-inl.hpp"
#include "etch/kernel/loop_sizes.hpp"
#include "etch/kernel/transpose-inl.hpp"
#include "etch/kernel/vec-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace etch::HWY_NAMESPACE {

/// What both gradients share: their tiles, the picture between its borders, the weights as runs.
/// A tile is some rows of the window, or some vectors of one; beside them `more` rows are summed in
/// registers, `sums` vectors in all.
template <Conv2DPooledSizes sizes, int sums, int more>
struct Conv2DPooled {
  using Tag = TagFor<sizes.run()>;
  using Lanes = hn::Vec<Tag>;
  static constexpr Tag tag{};
  static constexpr int width = lanes_of<Tag>;
  ETCH_SPECIALISED const Conv2DPooledSizes s = loop_sizes<sizes>();

  static constexpr int more_rows = more;
  static constexpr Blocks vectors = balanced(run_vectors<sizes>, sums / (1 + more), 1);
  static constexpr Blocks rows =
      balanced(sizes.conv.rows.size, sums / run_vectors<sizes> - more, 1);

  /// Calls `f.template operator()<Rows, Vectors>(ky, i)` for the tiles: rows from `ky` on, floats
  /// of each run from `i` on.
  template <class F>
  static HWY_INLINE void for_tiles(const F& f) {
    for_blocks<rows>([&]<int Rows>(int row) ETCH_LAMBDA {
      for_blocks<vectors>([&]<int Vectors>(int vector) ETCH_LAMBDA {
        f.template operator()<Rows, Vectors>(row * rows.columns, vector * vectors.columns * width);
      });
    });
  }

  /// Where the run of the first pixel of the window at (py, px) begins.
  HWY_INLINE std::ptrdiff_t corner(int py, int px) const {
    return at(py * sizes.pool.rows.stride, px * sizes.pool.columns.stride);
  }

  HWY_INLINE std::ptrdiff_t at(int oy, int ox) const {
    return std::ptrdiff_t{oy} * sizes.conv.rows.stride * s.row_floats() +
           ox * sizes.conv.columns.stride * s.conv.channels;
  }

  /// Calls `f(there, here, floats)` for the rows of a sample at `x` and their places in `picture`.
  template <class Float, class F>
  HWY_INLINE void for_rows(Float* x, float* picture, const F& f) const {
    ETCH_SPECIALISED const int floats = s.conv.columns.in * s.conv.channels;
    float* first = picture + std::ptrdiff_t{s.conv.rows.before} * s.row_floats() +
                   s.conv.columns.before * s.conv.channels;
    for (int row = 0; row < s.conv.rows.in; ++row) {
      f(x + std::ptrdiff_t{row} * floats, first + std::ptrdiff_t{row} * s.row_floats(), floats);
    }
  }

  /// Calls `f(runs, panel, filters, channels)` for square blocks of weights: where they lie as runs
  /// and in panels, of `filters` filters and `channels` channels, if there are so many.
  template <class F>
  HWY_INLINE void for_weights(float* runs, const F& f) const {
    for (int filter = 0; filter < s.conv.filters; filter += lanes) {
      for (int ky = 0; ky < sizes.conv.rows.size; ++ky) {
        for (int kx = 0; kx < sizes.conv.kernel(); ++kx) {
          for (int channel = 0; channel < s.conv.channels; channel += lanes) {
            f(runs + std::ptrdiff_t{filter} * s.filter_floats() + ky * s.run_floats() +
                  kx * s.conv.channels + channel,
              s.conv.place(ky, kx, channel, filter), s.conv.filters - filter,
              s.conv.channels - channel);
          }
        }
      }
    }
  }
};

template <Conv2DPooledSizes sizes>
using Conv2DPooledForWeights = Conv2DPooled<sizes, registers == 32 ? 26 : 12, 0>;

/// The sums of some runs are in registers, for one filter, while its gradients go by.
template <Conv2DPooledSizes sizes>
struct Conv2DPooledWeightGradient : Conv2DPooledForWeights<sizes> {
  using Pooled = Conv2DPooledForWeights<sizes>;
  using Lanes = typename Pooled::Lanes;
  using Pooled::s;
  static constexpr auto tag = Pooled::tag;

  /// Where the run of the output that a window's pixel `number` is begins, counted from that of its
  /// first pixel.
  HWY_INLINE auto offsets() const {
    std::array<std::ptrdiff_t, sizes.pool.pixels()> all;
    for (int number = 0; number < sizes.pool.pixels(); ++number) {
      all[static_cast<std::size_t>(number)] =
          this->at(number / sizes.pool.columns.size, number % sizes.pool.columns.size);
    }
    return all;
  }

  /// Adds to `Rows` runs of `Vectors` vectors at `dw` what one filter's gradients have in common
  /// with the pixels at `picture`. Few sums are there twice or more, so that they wait less.
  template <int Rows, int Vectors>
  HWY_NOINLINE void tile(const float* HWY_RESTRICT picture,
                         const std::uint8_t* HWY_RESTRICT numbers, const float* HWY_RESTRICT dy,
                         float* HWY_RESTRICT dw) const {
    constexpr int sums = std::clamp(8 / (Rows * Vectors), 1, 4);
    const auto offset = offsets();
    Lanes sum[sums][Rows][Vectors];
    const auto each = [&](const auto& f) ETCH_LAMBDA {
      ETCH_UNROLL for (int r = 0; r < Rows; ++r) {
        ETCH_UNROLL for (int v = 0; v < Vectors; ++v) {
          f(r, v, r * s.run_floats() + v * Pooled::width);
        }
      }
    };
    const auto add = [&](int py, int px, int i) ETCH_LAMBDA {
      const std::ptrdiff_t window = std::ptrdiff_t{py} * s.pool.columns.out + px;
      const float* there =
          picture + this->corner(py, px) + offset[numbers[window * channel_lanes(s.conv.filters)]];
      const Lanes gradient = hn::Set(tag, dy[window * s.conv.filters]);
      each([&](int r, int v, int) ETCH_LAMBDA {
        const Lanes pixels = hn::LoadU(tag, there + r * s.row_floats() + v * Pooled::width);
        sum[i][r][v] = hn::MulAdd(gradient, pixels, sum[i][r][v]);
      });
    };
    each([&](int r, int v, int at) ETCH_LAMBDA {
      sum[0][r][v] = hn::Load(tag, dw + at);
      ETCH_UNROLL for (int i = 1; i < sums; ++i) sum[i][r][v] = hn::Zero(tag);
    });
    for (int py = 0; py < s.pool.rows.out; ++py) {
      int px = 0;
      for (; px + sums <= s.pool.columns.out; px += sums) {
        ETCH_UNROLL for (int i = 0; i < sums; ++i) add(py, px + i, i);
      }
      for (; px < s.pool.columns.out; ++px) add(py, px, 0);
    }
    each([&](int r, int v, int at) ETCH_LAMBDA {
      ETCH_UNROLL for (int i = 1; i < sums; ++i) sum[0][r][v] = hn::Add(sum[0][r][v], sum[i][r][v]);
      hn::Store(sum[0][r][v], tag, dw + at);
    });
  }

  HWY_INLINE void operator()(const float* HWY_RESTRICT x, const std::uint8_t* HWY_RESTRICT numbers,
                             const float* HWY_RESTRICT dy, float* HWY_RESTRICT dw, int samples,
                             float* HWY_RESTRICT scratch) const {
    float *picture = scratch, *runs = scratch + s.picture();
    std::fill_n(scratch, s.picture() + s.runs(), 0.0f);
    for (int n = 0; n < samples; ++n) {
      this->for_rows(x + n * s.conv.x_stride, picture,
                     [](const float* there, float* here, int floats)
                         ETCH_LAMBDA { std::copy_n(there, floats, here); });
      for (int filter = 0; filter < s.conv.filters; ++filter) {
        Pooled::for_tiles([&]<int Rows, int Vectors>(int ky, int i) ETCH_LAMBDA {
          tile<Rows, Vectors>(
              picture + ky * s.row_floats() + i, numbers + n * s.number_stride() + filter,
              dy + n * s.dy_stride + filter,
              runs + std::ptrdiff_t{filter} * s.filter_floats() + ky * s.run_floats() + i);
        });
      }
    }
    this->for_weights(
        runs, [&](const float* from, std::size_t place, int filters, int channels) ETCH_LAMBDA {
          transpose_block<FloatTag>(from, s.filter_floats(), filters, dw + place,
                                    sizes.conv.line_floats(), channels);
        });
  }
};

/// dW and db, from x, the gradients behind the pooling and its numbers (see max_pool2d_forward).
/// `scratch`: sizes.scratch() floats.
template <Conv2DPooledSizes sizes>
void conv2d_pooled_weight_gradient(const float* HWY_RESTRICT x,
                                   const std::uint8_t* HWY_RESTRICT numbers,
                                   const float* HWY_RESTRICT dy, float* HWY_RESTRICT dw,
                                   float* HWY_RESTRICT db, int samples,
                                   float* HWY_RESTRICT scratch) {
  // What reaches a bias is what reaches the pooling: as that of a convolution with such outputs.
  static constexpr Conv2DSizes outputs{
      sizes.pool.rows, sizes.pool.columns, 1, sizes.conv.filters, 0, sizes.dy_stride};
  using Narrow = Conv2DPooledNarrowWeightGradient<sizes>;
  using Gradient = std::conditional_t<Narrow::better, Narrow, Conv2DPooledWeightGradient<sizes>>;
  Gradient()(x, numbers, dy, dw, samples, scratch);
  conv2d_bias_gradient<outputs>(dy, db, samples);
}

/// Rows of a pooling's window whose gradients are summed together: all that a row of the picture
/// may see or, where 16 registers do not hold the sums, one (AVX2, 14x14x16 to 16: 163 µs by one,
/// 192 by two; 32 registers 151 and 136).
template <Conv2DPooledSizes sizes>
constexpr int pooled_rows() {
  const Window rows = sizes.conv.rows;
  const int all = sizes.pool.rows.size;
  if (rows.stride >= rows.size) return 1;
  const int sums = (rows.size + (all - 1) * rows.stride) * run_vectors<sizes>;
  return registers == 32 || sums <= 12 ? all : 1;
}

template <Conv2DPooledSizes sizes>
using Conv2DPooledForData = Conv2DPooled<sizes, registers == 32 ? 30 : 12,
                                         (pooled_rows<sizes>() - 1) * sizes.conv.rows.stride>;

/// The gradients of a window of the pooling that go to one of its columns are summed in registers,
/// and added to the picture's runs there: of 16 filters eight in the mean. (Filter by filter, with
/// its weights in registers, took 196 µs: what is stored is loaded again soon, and for few channels
/// at another place.)
template <Conv2DPooledSizes sizes>
struct Conv2DPooledDataGradient : Conv2DPooledForData<sizes> {
  static constexpr int together = pooled_rows<sizes>();
  using Pooled = Conv2DPooledForData<sizes>;
  using Pooled::more_rows;
  using Lanes = typename Pooled::Lanes;
  using Pooled::s;
  static constexpr auto tag = Pooled::tag;
  /// The numbers of some filters.
  using Numbers = hn::CappedTag<std::uint8_t, std::min(channel_lanes(sizes.conv.filters), 16)>;

  /// Calls `f(filter)` for each whose `number` is at `numbers`.
  template <class F>
  HWY_INLINE void for_filters_of(int number, const std::uint8_t* HWY_RESTRICT numbers,
                                 const F& f) const {
    constexpr Numbers d;
    constexpr int some = static_cast<int>(hn::MaxLanes(d));
    const auto wanted = hn::Set(d, static_cast<std::uint8_t>(number));
    for (int first = 0; first < s.conv.filters; first += some) {
      std::uint64_t bits = 0;
      hn::StoreMaskBits(d, hn::Eq(hn::LoadU(d, numbers + first), wanted),
                        reinterpret_cast<std::uint8_t*>(&bits));
      if (s.conv.filters - first < some) {
        bits &= (std::uint64_t{1} << (s.conv.filters - first)) - 1;
      }
      for (; bits != 0; bits &= bits - 1) {
        f(first + static_cast<int>(hwy::Num0BitsBelowLS1Bit_Nonzero64(bits)));
      }
    }
  }

  /// Adds to `Rows` runs of `Vectors` vectors around each pixel of `picture` that was selected what
  /// it has in common with the weights at `w`.
  template <int Rows, int Vectors>
  HWY_NOINLINE void tile(const std::uint8_t* HWY_RESTRICT numbers, const float* HWY_RESTRICT dy,
                         const float* HWY_RESTRICT w, float* HWY_RESTRICT picture) const {
    for (int py = 0; py < s.pool.rows.out; ++py) {
      for (int px = 0; px < s.pool.columns.out; ++px) {
        const std::ptrdiff_t window = std::ptrdiff_t{py} * s.pool.columns.out + px;
        for (int row = 0; row < sizes.pool.rows.size; row += together) {
          for (int column = 0; column < sizes.pool.columns.size; ++column) {
            Lanes sum[Rows + more_rows][Vectors];
            const auto each_sum = [&](const auto& f) ETCH_LAMBDA {
              ETCH_UNROLL for (int r = 0; r < Rows + more_rows; ++r) {
                ETCH_UNROLL for (int v = 0; v < Vectors; ++v) f(sum[r][v], r, v * Pooled::width);
              }
            };
            each_sum([](Lanes& to, int, int) ETCH_LAMBDA { to = hn::Zero(tag); });
            ETCH_UNROLL for (int i = 0; i < together; ++i) {
              const int number = (row + i) * sizes.pool.columns.size + column;
              for_filters_of(
                  number, numbers + window * channel_lanes(s.conv.filters),
                  [&](int filter) ETCH_LAMBDA {
                    const Lanes gradient = hn::Set(tag, dy[window * s.conv.filters + filter]);
                    const float* weights = w + std::ptrdiff_t{filter} * s.filter_floats();
                    ETCH_UNROLL for (int r = 0; r < Rows; ++r) {
                      ETCH_UNROLL for (int v = 0; v < Vectors; ++v) {
                        const float* there = weights + r * s.run_floats() + v * Pooled::width;
                        Lanes& to = sum[r + i * sizes.conv.rows.stride][v];
                        to = hn::MulAdd(gradient, hn::Load(tag, there), to);
                      }
                    }
                  });
            }
            float* runs = picture + this->corner(py, px) + this->at(row, column);
            each_sum([&](const Lanes& of, int r, int i) ETCH_LAMBDA {
              float* there = runs + r * s.row_floats() + i;
              hn::StoreU(hn::Add(hn::LoadU(tag, there), of), tag, there);
            });
          }
        }
      }
    }
  }

  template <class Finish>
  HWY_INLINE void operator()(const std::uint8_t* HWY_RESTRICT numbers, const float* HWY_RESTRICT dy,
                             const float* HWY_RESTRICT w, float* dx, int samples,
                             float* HWY_RESTRICT scratch, const Finish& finish) const {
    float *picture = scratch, *runs = scratch + s.picture();
    std::fill_n(runs, s.runs(), 0.0f);
    this->for_weights(runs,
                      [&](float* to, std::size_t place, int filters, int channels) ETCH_LAMBDA {
                        transpose_block<FloatTag>(w + place, sizes.conv.line_floats(), channels, to,
                                                  s.filter_floats(), filters, channels);
                      });
    for (int n = 0; n < samples; ++n) {
      std::fill_n(picture, s.picture(), 0.0f);
      Pooled::for_tiles([&]<int Rows, int Vectors>(int ky, int i) ETCH_LAMBDA {
        tile<Rows, Vectors>(numbers + n * s.number_stride(), dy + n * s.dy_stride,
                            runs + ky * s.run_floats() + i, picture + ky * s.row_floats() + i);
      });
      this->for_rows(dx + n * s.conv.x_stride, picture,
                     [&](float* to, const float* from, int floats) ETCH_LAMBDA {
                       for (int i = 0; i < floats; i += lanes) {
                         const Vec sums = load_first(float_tag, from + i, floats - i);
                         store_first(finish(sums, float_tag, to + i, floats - i), float_tag, to + i,
                                     floats - i);
                       }
                     });
    }
  }
};

/// dx, from the gradients behind the pooling and its numbers. `scratch`: sizes.scratch() floats.
/// `finish` may read where dx is written.
template <Conv2DPooledSizes sizes, class Finish>
void conv2d_pooled_data_gradient(const std::uint8_t* HWY_RESTRICT numbers,
                                 const float* HWY_RESTRICT dy, const float* HWY_RESTRICT w,
                                 float* dx, int samples, float* HWY_RESTRICT scratch,
                                 const Finish& finish) {
  Conv2DPooledDataGradient<sizes>()(numbers, dy, w, dx, samples, scratch, finish);
}

}  // namespace etch::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
