// The weight gradient of convolutions with few filters, which would leave most lanes empty.

#if defined(ETCH_KERNEL_CONV2D_NARROW_WEIGHT_GRADIENT_INL_HPP) == defined(HWY_TARGET_TOGGLE)
#ifdef ETCH_KERNEL_CONV2D_NARROW_WEIGHT_GRADIENT_INL_HPP
#undef ETCH_KERNEL_CONV2D_NARROW_WEIGHT_GRADIENT_INL_HPP
#else
#define ETCH_KERNEL_CONV2D_NARROW_WEIGHT_GRADIENT_INL_HPP
#endif

#include <algorithm>
#include <array>
#include <cstdint>

#include "etch/kernel/conv2d_blocks-inl.hpp"
#include "etch/kernel/conv2d_layout.hpp"
#include "etch/kernel/loop_sizes.hpp"
#include "etch/kernel/vec-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace etch::HWY_NAMESPACE {

/// The lanes are (column, filter) pairs of a row of dy, as it lies, times the pixels in line with
/// them, which a shuffle repeats for each filter. A row of pixels meets the rows of dy that see it:
/// all taps of some rows of the window are summed in registers, so that a load or a shuffle serves
/// many products. Which filter a lane belongs to comes around after `phases` vectors: each phase
/// has sums of its own, whose lanes are added up at the end. dy is copied to where vectors do not
/// cross cache lines, which costs as much as two products, and with zeros around it.
template <Conv2DSizes sizes>
struct Conv2DNarrowWeightGradient {
  ETCH_SPECIALISED const Conv2DSizes s = loop_sizes<sizes>();
  static constexpr Window window = sizes.columns;
  static constexpr int filters = std::max(sizes.filters, 1);
  static constexpr int phases = phases_of<filters>;
  static constexpr int row_floats = window.out * filters;
  /// Rows of the window whose taps are in registers, beside a vector of dy for each and a pixel.
  static constexpr int row_groups =
      ceil_div(sizes.rows.size, std::clamp((registers - 2) / (window.size + 1), 1, 8));
  static constexpr int rows = ceil_div(sizes.rows.size, row_groups);
  static constexpr int pieces = sizes.channels * row_groups;

  /// Floats of the copies' rows.
  static constexpr int x_line = round_up(window.in + window.size - 1, lanes) + lanes;
  static constexpr int dy_line = round_up(row_floats, lanes);
  /// Rows of pixels that are worked through together: 24 KiB of dy stay in L1.
  static constexpr int strip = std::clamp(6144 / dy_line - rows + 1, 1, std::max(sizes.rows.in, 1));

  /// Where filters would leave half the lanes idle, channels, each of which needs copies, are few,
  /// the taps are worth the copies, and the pixels under a vector and its taps are in one vector.
  /// 28x28x1 to 6, 5x5: 29 % of peak when filters were the lanes. 16 channels to 8 filters lose, 49
  /// to 44 %, windows of 3x3 do, and so do 6 filters on AVX2, 40 to 39 %.
  static constexpr bool better = 2 * filters <= lanes && 2 * sizes.channels <= lanes &&
                                 window.stride == 1 && sizes.rows.stride == 1 &&
                                 rows * window.size >= 10 &&
                                 (lanes - 1) / filters + 1 + window.size <= lanes;

  /// For each phase and tap of a row the pixel that each lane takes, counted from the first under
  /// the vector.
  alignas(64) static constexpr auto pixel_of = [] {
    std::array<std::int32_t, phases * window.size * lanes> pixels{};
    for (int i = 0; i < phases * window.size * lanes; ++i) {
      const int first = i / (window.size * lanes) * lanes, kx = i / lanes % window.size;
      pixels[static_cast<std::size_t>(i)] = (first + i % lanes) / filters - first / filters + kx;
    }
    return pixels;
  }();

  /// `count` rows of one channel from `x` on, with zeros left of them: to[row][column].
  HWY_INLINE void copy_x(const float* HWY_RESTRICT x, int count, float* HWY_RESTRICT to) const {
    for (int r = 0; r < count; ++r) {
      const float* from = x + r * s.columns.in * s.channels;
      for (int i = 0; i < s.columns.in; ++i) {
        to[r * x_line + s.columns.before + i] = from[i * s.channels];
      }
    }
  }

  /// `count` rows from `row` on, zeros where there are none: to[row][column][filter].
  HWY_INLINE void copy_dy(const float* HWY_RESTRICT dy, int row, int count,
                          float* HWY_RESTRICT to) const {
    ETCH_SPECIALISED const int floats = loop_sizes<row_floats>();
    for (int r = 0; r < count; ++r) {
      const bool inside = row + r >= 0 && row + r < s.rows.out;
      for (int i = 0; i < floats; i += lanes) {
        const float* from = dy + (row + r) * floats + i;
        const Vec v = inside ? load_first(float_tag, from, floats - i) : hn::Zero(float_tag);
        hn::Store(v, float_tag, to + r * dy_line + i);
      }
    }
  }

  /// Adds to the `sums` of a phase, for R rows of the window, what `count` rows of pixels have in
  /// common with the rows of dy that see them: row i of pixels under row r of the window meets row
  /// i + R - 1 - r of the copied dy.
  template <int R>
  HWY_INLINE void tile(const float* HWY_RESTRICT x, const float* HWY_RESTRICT dy, int count,
                       int phase, float* HWY_RESTRICT sums) const {
    Vec sum[R][window.size];
    ETCH_UNROLL for (int r = 0; r < R; ++r) {
      ETCH_UNROLL for (int kx = 0; kx < window.size; ++kx) {
        sum[r][kx] = hn::Load(float_tag, sums + (r * window.size + kx) * lanes);
      }
    }
    ETCH_SPECIALISED const int floats = loop_sizes<row_floats>();
    for (int i = phase * lanes; i < floats; i += phases * lanes) {
      for (int row = 0; row < count; ++row) {
        const std::int32_t* indices = pixel_of.data() + phase * window.size * lanes;
        asm("" : "+r"(indices));  // they stay in memory: the sums need the registers
        Vec gradient[R];
        ETCH_UNROLL for (int r = 0; r < R; ++r) {
          gradient[r] = hn::Load(float_tag, dy + (row + R - 1 - r) * dy_line + i);
        }
        const Vec pixels = hn::LoadU(float_tag, x + row * x_line + i / filters);
        ETCH_UNROLL for (int kx = 0; kx < window.size; ++kx) {
          const Vec pixel =
              hn::TableLookupLanes(pixels, hn::SetTableIndices(float_tag, indices + kx * lanes));
          ETCH_UNROLL for (int r = 0; r < R; ++r) {
            sum[r][kx] = hn::MulAdd(pixel, gradient[r], sum[r][kx]);
          }
        }
      }
    }
    ETCH_UNROLL for (int r = 0; r < R; ++r) {
      ETCH_UNROLL for (int kx = 0; kx < window.size; ++kx) {
        hn::Store(sum[r][kx], float_tag, sums + (r * window.size + kx) * lanes);
      }
    }
  }

  /// dW of one channel and of rows [ky, ky + R) of the window.
  template <int R>
  HWY_INLINE void piece(const float* HWY_RESTRICT x, const float* HWY_RESTRICT dy,
                        float* HWY_RESTRICT dw, int samples, int channel, int ky) const {
    constexpr int taps = R * window.size;
    alignas(64) float copied_x[strip * x_line] = {};
    alignas(64) float copied_dy[(strip + R - 1) * dy_line];
    alignas(64) float sums[phases][taps][lanes] = {};
    for (int n = 0; n < samples; ++n) {
      for (int row = 0; row < s.rows.in; row += strip) {
        const int count = std::min(strip, s.rows.in - row);
        copy_x(x + n * s.x_stride + row * s.columns.in * s.channels + channel, count, copied_x);
        copy_dy(dy + n * s.y_stride, row + s.rows.before - ky - (R - 1), count + R - 1, copied_dy);
        for (int phase = 0; phase < phases; ++phase) {
          tile<R>(copied_x, copied_dy, count, phase, sums[phase][0]);
        }
      }
    }
    for (int tap = 0; tap < taps; ++tap) {
      float* to = dw + s.place(ky + tap / window.size, tap % window.size, channel, 0);
      std::fill_n(to, conv_panel, 0.0f);
      for (int i = 0; i < phases * lanes; ++i) to[i % filters] += sums[i / lanes][tap][i % lanes];
    }
  }

  HWY_INLINE void operator()(const float* HWY_RESTRICT x, const float* HWY_RESTRICT dy,
                             float* HWY_RESTRICT dw, int samples, int index) const {
    constexpr int last = sizes.rows.size - (row_groups - 1) * rows;
    const int channel = index / row_groups, ky = index % row_groups * rows;
    if (last == rows || ky + rows < sizes.rows.size) {
      piece<rows>(x, dy, dw, samples, channel, ky);
    } else {
      piece<last>(x, dy, dw, samples, channel, ky);
    }
  }
};

}  // namespace etch::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
