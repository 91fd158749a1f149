// The gradients of a convolution behind which a pooling selects: of every window of the pooling one
// pixel alone has a gradient, for each filter another. What the zeros between them would add is
// left out: of MaxPool2D<2> three products of four. (14x14x16 to 16, 5x5, 16 samples on a Zen 4:
// weight gradient 108 µs, 287 from the gradients among zeros; data gradient 151, 292.)
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

#include "etch/base/round.hpp"
#include "etch/kernel/conv2d_bias_gradient-inl.hpp"
#include "etch/kernel/conv2d_pooled_layout.hpp"
#include "etch/kernel/loop_sizes.hpp"
#include "etch/kernel/transpose-inl.hpp"
#include "etch/kernel/vec-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace etch::HWY_NAMESPACE {

/// What both gradients share: their tiles, the picture between its borders, the weights as runs.
template <Conv2DPooledSizes sizes>
struct Conv2DPooled {
  using Tag = TagFor<sizes.run()>;
  using Lanes = hn::Vec<Tag>;
  static constexpr Tag tag{};
  static constexpr int width = lanes_of<Tag>;
  ETCH_SPECIALISED const Conv2DPooledSizes s = loop_sizes<sizes>();

  /// A tile is some rows of the window, or some vectors of one: so many as registers hold beside a
  /// gradient.
  static constexpr int run_vectors = ceil_div(sizes.run(), width);
  static constexpr int most = registers == 32 ? 26 : 12;
  static constexpr int vectors = ceil_div(run_vectors, ceil_div(run_vectors, most));
  static constexpr int rows = ceil_div(
      sizes.conv.rows.size, ceil_div(sizes.conv.rows.size, std::max(most / run_vectors, 1)));

  /// Calls `f(Int<Rows>, Int<Vectors>, ky, i)` for the tiles: rows from `ky` on, floats of each run
  /// from `i` on.
  template <class F>
  static HWY_INLINE void for_tiles(const F& f) {
    const auto across = [&](auto tile_rows, int ky) ETCH_LAMBDA {
      constexpr int last = run_vectors % vectors;
      int v = 0;
      for (; v + vectors <= run_vectors; v += vectors) f(tile_rows, Int<vectors>(), ky, v * width);
      if constexpr (last > 0) f(tile_rows, Int<last>(), ky, v * width);
    };
    constexpr int last = sizes.conv.rows.size % rows;
    int ky = 0;
    for (; ky + rows <= sizes.conv.rows.size; ky += rows) across(Int<rows>(), ky);
    if constexpr (last > 0) across(Int<last>(), ky);
  }

  /// Where the run of the output that a window's pixel `number` is begins, counted from that of its
  /// first pixel.
  HWY_INLINE auto offsets() const {
    std::array<std::ptrdiff_t, sizes.pool.pixels()> all;
    for (int number = 0; number < sizes.pool.pixels(); ++number) {
      all[static_cast<std::size_t>(number)] =
          at(number / sizes.pool.columns.size, number % sizes.pool.columns.size);
    }
    return all;
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

/// The sums of some runs are in registers, for one filter, while its gradients go by.
template <Conv2DPooledSizes sizes>
struct Conv2DPooledWeightGradient : Conv2DPooled<sizes> {
  using Pooled = Conv2DPooled<sizes>;
  using Lanes = typename Pooled::Lanes;
  using Pooled::s;
  static constexpr auto tag = Pooled::tag;

  /// Adds to `Rows` runs of `Vectors` vectors at `dw` what one filter's gradients have in common
  /// with the pixels at `picture`. Few sums are there twice or more, so that they wait less.
  template <int Rows, int Vectors>
  HWY_NOINLINE void tile(const float* HWY_RESTRICT picture,
                         const std::uint8_t* HWY_RESTRICT numbers, const float* HWY_RESTRICT dy,
                         float* HWY_RESTRICT dw) const {
    constexpr int sums = std::clamp(8 / (Rows * Vectors), 1, 4);
    const auto offset = this->offsets();
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
    std::fill_n(scratch, s.scratch(), 0.0f);
    for (int n = 0; n < samples; ++n) {
      this->for_rows(x + n * s.conv.x_stride, picture,
                     [](const float* there, float* here, int floats)
                         ETCH_LAMBDA { std::copy_n(there, floats, here); });
      for (int filter = 0; filter < s.conv.filters; ++filter) {
        Pooled::for_tiles([&](auto tile_rows, auto tile_vectors, int ky, int i) ETCH_LAMBDA {
          tile<decltype(tile_rows)::value, decltype(tile_vectors)::value>(
              picture + ky * s.row_floats() + i, numbers + n * s.number_stride() + filter,
              dy + n * s.dy_stride + filter,
              runs + filter * s.filter_floats() + ky * s.run_floats() + i);
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
  Conv2DPooledWeightGradient<sizes>()(x, numbers, dy, dw, samples, scratch);
  conv2d_bias_gradient<outputs>(dy, db, samples);
}

/// The gradients of a window of the pooling that go to the same pixel are summed in registers, for
/// some runs around it, and added to the picture: of 16 filters four in the mean. (Filter by
/// filter, with its weights in registers, 14x14x16 to 16 took a third longer, 14x14x6 to 16 twice
/// as long: what is stored is loaded again soon, at another place.)
template <Conv2DPooledSizes sizes>
struct Conv2DPooledDataGradient : Conv2DPooled<sizes> {
  using Pooled = Conv2DPooled<sizes>;
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
    constexpr int together = static_cast<int>(hn::MaxLanes(d));
    const auto wanted = hn::Set(d, static_cast<std::uint8_t>(number));
    for (int first = 0; first < s.conv.filters; first += together) {
      std::uint64_t bits = 0;
      hn::StoreMaskBits(d, hn::Eq(hn::LoadU(d, numbers + first), wanted),
                        reinterpret_cast<std::uint8_t*>(&bits));
      if (s.conv.filters - first < together) {
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
    const auto offset = this->offsets();
    for (int py = 0; py < s.pool.rows.out; ++py) {
      for (int px = 0; px < s.pool.columns.out; ++px) {
        const std::ptrdiff_t window = std::ptrdiff_t{py} * s.pool.columns.out + px;
        for (int number = 0; number < sizes.pool.pixels(); ++number) {
          Lanes sum[Rows][Vectors];
          ETCH_UNROLL for (int r = 0; r < Rows; ++r) {
            ETCH_UNROLL for (int v = 0; v < Vectors; ++v) sum[r][v] = hn::Zero(tag);
          }
          const auto add = [&](int filter) ETCH_LAMBDA {
            const Lanes gradient = hn::Set(tag, dy[window * s.conv.filters + filter]);
            const float* weights = w + std::ptrdiff_t{filter} * s.filter_floats();
            ETCH_UNROLL for (int r = 0; r < Rows; ++r) {
              ETCH_UNROLL for (int v = 0; v < Vectors; ++v) {
                const float* there = weights + r * s.run_floats() + v * Pooled::width;
                sum[r][v] = hn::MulAdd(gradient, hn::Load(tag, there), sum[r][v]);
              }
            }
          };
          for_filters_of(number, numbers + window * channel_lanes(s.conv.filters), add);
          float* run = picture + this->corner(py, px) + offset[static_cast<std::size_t>(number)];
          ETCH_UNROLL for (int r = 0; r < Rows; ++r) {
            ETCH_UNROLL for (int v = 0; v < Vectors; ++v) {
              float* there = run + r * s.row_floats() + v * Pooled::width;
              hn::StoreU(hn::Add(hn::LoadU(tag, there), sum[r][v]), tag, there);
            }
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
      Pooled::for_tiles([&](auto tile_rows, auto tile_vectors, int ky, int i) ETCH_LAMBDA {
        tile<decltype(tile_rows)::value, decltype(tile_vectors)::value>(
            numbers + n * s.number_stride(), dy + n * s.dy_stride, runs + ky * s.run_floats() + i,
            picture + ky * s.row_floats() + i);
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
