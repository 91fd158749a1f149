// The gradients of weights and biases of convolutions with few filters, which would leave most
// lanes empty.

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
/// taps of some rows and columns of the window are summed in registers, so that a load or a shuffle
/// serves many products. Rows of dy stay in registers from one row of pixels to the next, so that a
/// tile loads each once, for its part in the biases, too (28x28x1 to 6, 5x5: 80 % of peak, 66 when
/// all that see a row of pixels were loaded from a copy that has zeros around it). Which filter a
/// lane belongs to comes around after `phases` vectors: each phase has sums of its own, whose lanes
/// are added up at the end.
template <Conv2DSizes sizes>
struct Conv2DNarrowWeightGradient {
  ETCH_SPECIALISED const Conv2DSizes s = loop_sizes<sizes>();
  static constexpr Window window = sizes.columns;
  static constexpr int filters = sizes.filters;
  static constexpr int phases = phases_of<filters>;
  static constexpr int row_floats = window.out * filters;
  /// Rows of the window that are summed together, up to eight, and columns of so many rows: what
  /// registers hold beside vectors of dy for each row and a pixel. As many rows as leave room for
  /// two columns, because a shuffle serves all of them (g++, AVX2, 28x28x1 to 6, 5x5: 76 % of peak,
  /// 62 by all columns of two rows). clang 19 keeps two vectors of dy for each row, as they were
  /// and as they move on (69, 35 if one is counted; AVX-512 82 and 79).
#if defined(__clang__)
  static constexpr int vectors_of_row = 2;
#else
  static constexpr int vectors_of_row = 1;
#endif
  static constexpr Blocks rows =
      balanced(sizes.rows.size, std::min((registers - 1) / (vectors_of_row + 2), 8), 1);
  static constexpr Blocks columns_of(int r) {
    return balanced(window.size, (registers - 1 - vectors_of_row * r) / r, 1);
  }
  static constexpr int pieces = sizes.channels * rows.count();

  /// Floats of a copied row of pixels, and rows that are copied together: 24 KiB stay in L1.
  static constexpr int copied = 6144;
  static constexpr int x_line = round_up(window.in + window.size - 1, lanes) + lanes;
  static constexpr int strip = std::clamp(copied / x_line, 1, sizes.rows.in);

  /// Where that costs less than the lanes that filters would leave empty, counted in products for
  /// each pixel: shuffles and what is added up at the end take a sixth of the products' time, a
  /// copy of a single channel as long as one, and one of each of several, which lie apart, as long
  /// as two and more. 28x28x1 to 6, 8 and 12, 5x5: 76, 89 and 85 % of peak, and 36, 48 and 70 where
  /// filters were the lanes; 28x28x8 to 8: 80 and 49; 28x28x16 to 8, 3x3: 43 and 47. Enough sums
  /// hide how long a product takes, and the pixels under a vector and its taps are in one vector.
  static constexpr float products = static_cast<float>(sizes.rows.size * window.size) / lanes,
                         copy_cost = sizes.channels == 1 ? 1.0f : 2 + sizes.channels / 8.0f;
  static constexpr bool better =
      filters <= conv_panel && window.stride == 1 && sizes.rows.stride == 1 && x_line <= copied &&
      rows.columns * columns_of(rows.columns).columns >= 8 &&
      (lanes - 1) / filters + 1 + window.size <= lanes &&
      1.18f * products * filters + copy_cost < products * round_up(filters, lanes);

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
      copy_line<sizes>(x + r * s.columns.in * s.channels, to + r * x_line);
    }
  }

  /// The vector from float `i` on of row `row` of dy, zero where there is none.
  HWY_INLINE Vec gradient_at(const float* HWY_RESTRICT dy, int row, int i) const {
    ETCH_SPECIALISED const int floats = loop_sizes<row_floats>();
    if (row < 0 || row >= s.rows.out) return hn::Zero(float_tag);
    return load_first(float_tag, dy + row * floats + i, floats - i);
  }

  /// Adds to the `sums` of a phase, for R rows of the window and K columns from `kx` on, what
  /// `count` rows of pixels have in common with the rows of dy that see them; and to the sum behind
  /// them, if `Biases`, those rows of dy. The first row of pixels under the first row of the window
  /// meets row `dy_row`; the rows before it are in the biases' sum if the picture's strips before
  /// this one were here.
  template <int R, int K, bool Biases>
  HWY_INLINE void tile(const float* HWY_RESTRICT x, const float* HWY_RESTRICT dy, int dy_row,
                       int count, bool top, int phase, int kx, float* HWY_RESTRICT sums) const {
    float* bias_sum = sums + R * window.size * lanes;
    Vec sum[R][K], bias = hn::Load(float_tag, bias_sum);
    const auto each_sum = [&](const auto& f) ETCH_LAMBDA {
      ETCH_UNROLL for (int r = 0; r < R; ++r) {
        ETCH_UNROLL for (int k = 0; k < K; ++k) {
          f(sum[r][k], sums + (r * window.size + kx + k) * lanes);
        }
      }
    };
    each_sum([](Vec& v, const float* there) ETCH_LAMBDA { v = hn::Load(float_tag, there); });
    ETCH_SPECIALISED const int floats = loop_sizes<row_floats>();
    for (int i = phase * lanes; i < floats; i += phases * lanes) {
      Vec gradient[R];  // of rows dy_row + row - r
      ETCH_UNROLL for (int r = 0; r + 1 < R; ++r) {
        gradient[r] = gradient_at(dy, dy_row - 1 - r, i);
        if (Biases && top) bias = hn::Add(bias, gradient[r]);
      }
      for (int row = 0; row < count; ++row) {
        const std::int32_t* indices = pixel_of.data() + (phase * window.size + kx) * lanes;
        asm("" : "+r"(indices));  // they stay in memory: the sums need the registers
        Vec next[R];              // clang would shift `gradient` itself through memory
        next[0] = gradient_at(dy, dy_row + row, i);
        ETCH_UNROLL for (int r = 1; r < R; ++r) next[r] = gradient[r - 1];
        ETCH_UNROLL for (int r = 0; r < R; ++r) gradient[r] = next[r];
        if (Biases) bias = hn::Add(bias, gradient[0]);
        // Rows of large pictures lie so far apart that the hardware does not see what comes next
        // (64x64x1 to 8, 3x3: 64 % of peak, 51 without).
        __builtin_prefetch(dy + (dy_row + row) * floats + i + phases * lanes);
        const Vec pixels = hn::LoadU(float_tag, x + row * x_line + i / filters);
        ETCH_UNROLL for (int k = 0; k < K; ++k) {
          const Vec pixel =
              hn::TableLookupLanes(pixels, hn::SetTableIndices(float_tag, indices + k * lanes));
          ETCH_UNROLL for (int r = 0; r < R; ++r) {
            sum[r][k] = hn::MulAdd(pixel, gradient[r], sum[r][k]);
          }
        }
      }
    }
    each_sum([](Vec& v, float* there) ETCH_LAMBDA { hn::Store(v, float_tag, there); });
    if (Biases) hn::Store(bias, float_tag, bias_sum);
  }

  /// dW of one channel and of rows [ky, ky + R) of the window; db where they see all rows of dy:
  /// with the row that lies over the first row of pixels when the window is at the top.
  template <int R>
  HWY_INLINE void piece(const float* HWY_RESTRICT x, const float* HWY_RESTRICT dy,
                        float* HWY_RESTRICT dw, float* HWY_RESTRICT db, int samples, int channel,
                        int ky) const {
    constexpr int taps = R * window.size;
    constexpr Blocks columns = columns_of(R);
    constexpr int before_last = (columns.count() - 1) * columns.columns;
    alignas(64) float copied_x[strip * x_line] = {};
    alignas(64) float sums[phases][taps + 1][lanes] = {};
    for (int n = 0; n < samples; ++n) {
      for (int row = 0; row < s.rows.in; row += strip) {
        const int count = std::min(strip, s.rows.in - row);
        copy_x(x + n * s.x_stride + row * s.columns.in * s.channels + channel, count, copied_x);
        for (int phase = 0; phase < phases; ++phase) {
          const auto add = [&]<int K, bool Biases>(int kx) ETCH_LAMBDA {
            tile<R, K, Biases>(copied_x, dy + n * s.y_stride, row + s.rows.before - ky, count,
                               row == 0, phase, kx, sums[phase][0]);
          };
          if constexpr (before_last > 0) {
            for (int kx = 0; kx < before_last; kx += columns.columns) {
              add.template operator()<columns.columns, false>(kx);
            }
          }
          add.template operator()<window.size - before_last, true>(before_last);
        }
      }
    }
    for (int tap = 0; tap < taps; ++tap) {
      sum_lanes<filters, phases>(
          sums[0][tap], lanes * (taps + 1),
          dw + s.place(ky + tap / window.size, tap % window.size, channel, 0));
    }
    if (channel == 0 && ky <= s.rows.before && s.rows.before < ky + R) {
      sum_lanes<filters, phases>(sums[0][taps], lanes * (taps + 1), db);
    }
  }

  HWY_INLINE void operator()(const float* HWY_RESTRICT x, const float* HWY_RESTRICT dy,
                             float* HWY_RESTRICT dw, float* HWY_RESTRICT db, int samples,
                             int index) const {
    constexpr int last = rows.count() - 1;
    const int channel = index / rows.count(), block = index % rows.count();
    const int ky = block * rows.columns;
    if (rows.size(last) == rows.columns || block < last) {
      piece<rows.columns>(x, dy, dw, db, samples, channel, ky);
    } else {
      piece<rows.size(last)>(x, dy, dw, db, samples, channel, ky);
    }
  }
};

}  // namespace etch::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
