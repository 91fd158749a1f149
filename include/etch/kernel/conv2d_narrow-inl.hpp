// Convolutions with few channels on the side that the other kernels have in the lanes, which then
// are mostly empty: 6 filters fill 6 of 16.

#if defined(ETCH_KERNEL_CONV2D_NARROW_INL_HPP) == defined(HWY_TARGET_TOGGLE)
#ifdef ETCH_KERNEL_CONV2D_NARROW_INL_HPP
#undef ETCH_KERNEL_CONV2D_NARROW_INL_HPP
#else
#define ETCH_KERNEL_CONV2D_NARROW_INL_HPP
#endif

#include <algorithm>
#include <array>
#include <cstdint>
#include <numeric>

#include "etch/kernel/conv2d_blocks-inl.hpp"
#include "etch/kernel/conv2d_layout.hpp"
#include "etch/kernel/loop_sizes.hpp"
#include "etch/kernel/transpose-inl.hpp"
#include "etch/kernel/vec-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace etch::HWY_NAMESPACE {

/// The share of lanes at work when `count` numbers stand in vectors.
constexpr float filled(int count, int width) {
  return static_cast<float>(count) / static_cast<float>(round_up(count, width));
}

// ------------------------------------------------------------------------------------- forward

/// The lanes are columns. `rows` rows of the output times all filters are held in registers; the
/// rows under them are copied, a plane for each channel, with zeros for what pads them. A load of
/// pixels serves all filters, a weight all rows.
template <Conv2DSizes sizes, class Finish>
struct Conv2DNarrowForward {
  const Finish& finish;
  ETCH_SPECIALISED const Conv2DSizes s = loop_sizes<sizes>();
  static constexpr Window window = sizes.columns;
  static constexpr int filters = std::max(sizes.filters, 1);  // a network's check refuses fewer
  static constexpr int rows = std::clamp((registers - 2) / (filters + 1), 1, 8);
  static constexpr Blocks blocks{window.out, lanes};
  static constexpr Clip clip(int) { return {0, 0}; }
  static constexpr int line_floats =
      round_up(round_up(window.out, lanes) + window.size - 1, conv_panel);
  /// Rows whose inputs are copied together: the copies shall reach the cache before they are read.
  static constexpr int strip = std::min(4 * rows, round_up(sizes.rows.out, rows));
  static constexpr int copied_lines = (strip + sizes.rows.size - 1) * sizes.channels;

  /// Where that fills the lanes more than twice as well, zeros counted as empty: copying rows and
  /// interleaving filters take a third of the time. 28x28x1 to 6, 5x5: 39 to 51 % of peak with
  /// g++ 12, 57 with clang 19. To 8 filters, a half vector, it would gain nothing.
  static constexpr bool better = filters <= 8 && window.stride == 1 && sizes.rows.stride == 1 &&
                                 filled(window.out, lanes) * static_cast<float>(window.taps()) >
                                     2 * filled(filters, lanes) *
                                         static_cast<float>(window.out* window.size);

  /// to[row][channel][column]: the inputs under `count` rows of output from `row` on.
  HWY_INLINE void copy(const float* HWY_RESTRICT x, float* HWY_RESTRICT to, int row,
                       int count) const {
    for (int r = 0; r < count + sizes.rows.size - 1; ++r) {
      const int iy = row - s.rows.before + r;
      const bool inside = iy >= 0 && iy < s.rows.in;
      for (int channel = 0; channel < s.channels; ++channel, to += line_floats) {
        if (inside) {
          const float* from = x + iy * s.columns.in * s.channels + channel;
          if constexpr (sizes.channels == 1) {
            std::copy_n(from, s.columns.in, to + s.columns.before);
          } else {
            for (int i = 0; i < s.columns.in; ++i) to[s.columns.before + i] = from[i * s.channels];
          }
        } else {
          std::fill_n(to + s.columns.before, s.columns.in, 0.0f);
        }
      }
    }
  }

  /// `R` rows from `y` on, `Columns` places of them.
  template <int R, int Columns>
  HWY_INLINE void tile(const float* HWY_RESTRICT copied, const float* HWY_RESTRICT w,
                       const float* HWY_RESTRICT b, float* HWY_RESTRICT y) const {
    Vec sum[R][filters];
    ETCH_UNROLL for (int r = 0; r < R; ++r) {
      ETCH_UNROLL for (int f = 0; f < filters; ++f) sum[r][f] = hn::Zero(float_tag);
    }
    for (int l = 0; l < s.lines(); ++l) {
      const float* line = copied + l * line_floats;
      // g++ 12 would keep the pixels of the next row for the next round, and spill the sums.
      asm("" : "+r"(line));
      ETCH_UNROLL for (int kx = 0; kx < window.size; ++kx) {
        Vec pixels[R];
        ETCH_UNROLL for (int r = 0; r < R; ++r) {
          pixels[r] = hn::LoadU(float_tag, line + r * s.channels * line_floats + kx);
        }
        ETCH_UNROLL for (int f = 0; f < filters; ++f) {
          const Vec tap = hn::Set(float_tag, w[l * sizes.line_floats() + kx * conv_panel + f]);
          ETCH_UNROLL for (int r = 0; r < R; ++r) {
            sum[r][f] = hn::MulAdd(pixels[r], tap, sum[r][f]);
          }
        }
      }
    }
    ETCH_UNROLL for (int r = 0; r < R; ++r) {
      ETCH_UNROLL for (int f = 0; f < filters; ++f) {
        sum[r][f] = finish(hn::Add(sum[r][f], hn::Set(float_tag, b[f])));
      }
      store_interleaved<filters>(sum[r], y + r * s.columns.out * filters, Columns);
    }
  }

  HWY_INLINE void picture(const float* HWY_RESTRICT x, const float* HWY_RESTRICT w,
                          const float* HWY_RESTRICT b, float* HWY_RESTRICT copied,
                          float* HWY_RESTRICT y) const {
    for (int first = 0; first < s.rows.out; first += strip) {
      const int count = std::min(strip, s.rows.out - first);
      copy(x, copied, first, count);
      for_row_tiles<rows>(count, [&](auto tile_rows, int row) ETCH_LAMBDA {
        constexpr int r = decltype(tile_rows)::value;
        for_blocks<blocks, clip>([&]<int Columns, Clip>(int block) ETCH_LAMBDA {
          const int column = block * blocks.columns;
          tile<r, Columns>(copied + row * s.channels * line_floats + column, w, b,
                           y + ((first + row) * s.columns.out + column) * filters);
        });
      });
    }
  }

  HWY_INLINE void pictures(const float* HWY_RESTRICT x, const float* HWY_RESTRICT w,
                           const float* HWY_RESTRICT b, float* HWY_RESTRICT y, int samples) const {
    alignas(64) float copied[copied_lines * line_floats] = {};
    for (int n = 0; n < samples; ++n) {
      picture(x + n * s.x_stride, w, b, copied, y + n * s.y_stride);
    }
  }
};

// ------------------------------------------------------------------------------- data gradient

/// The lanes are (column of the window, channel) pairs: what one output has to give to one row of
/// inputs. A tile sums that over the window's rows and all filters, for `Columns` outputs; then
/// each input adds up what the outputs around it have for it, one addition per tap and row.
template <Conv2DSizes sizes, class Finish>
struct Conv2DNarrowDataGradient {
  const Finish& finish;
  ETCH_SPECIALISED const Conv2DSizes s = loop_sizes<sizes>();
  static constexpr Window window = sizes.columns;
  static constexpr int vectors = ceil_div(window.size * sizes.channels, lanes);
  static constexpr int part = vectors * lanes;  // floats that one output has for a row
  /// Sums that fit beside a row of weights and a gradient.
  static constexpr Blocks blocks =
      balanced(window.out, std::max((registers - vectors - 2) / vectors, 1), 1);
  static constexpr Clip clip(int) { return {0, 0}; }

  /// Where the additions take less than a fifth of the time, and the lanes are fuller.
  static constexpr bool better = sizes.channels <= 8 && vectors <= 4 &&
                                 sizes.filters * sizes.rows.size >= 40 &&
                                 filled(window.size * sizes.channels, lanes) >
                                     1.2f * filled(sizes.channels, lanes);

  /// to[ky][filter][kx][channel], the last two padded to vectors.
  HWY_INLINE void transpose_weights(const float* HWY_RESTRICT w, float* HWY_RESTRICT to) const {
    std::fill_n(to, sizes.rows.size * s.filters * part, 0.0f);
    for (int ky = 0; ky < sizes.rows.size; ++ky) {
      for (int kx = 0; kx < window.size; ++kx) {
        for (int channel = 0; channel < s.channels; ++channel) {
          for (int filter = 0; filter < s.filters; ++filter) {
            to[(ky * s.filters + filter) * part + kx * s.channels + channel] =
                w[s.place(ky, kx, channel, filter)];
          }
        }
      }
    }
  }

  /// What `Columns` outputs from `column` on have for row `row` of the inputs.
  template <int Columns>
  HWY_INLINE void tile(const float* HWY_RESTRICT dy, const float* HWY_RESTRICT w,
                       float* HWY_RESTRICT parts, int row, int column) const {
    Vec sum[Columns][vectors];
    ETCH_UNROLL for (int o = 0; o < Columns; ++o) {
      ETCH_UNROLL for (int v = 0; v < vectors; ++v) sum[o][v] = hn::Zero(float_tag);
    }
    for (int ky = 0; ky < sizes.rows.size; ++ky) {
      const int place = row + s.rows.before - ky;
      const int oy = place / sizes.rows.stride;
      if (place < 0 || place % sizes.rows.stride != 0 || oy >= s.rows.out) continue;
      const float* line = dy + (oy * s.columns.out + column) * s.filters;
      for (int filter = 0; filter < s.filters; ++filter) {
        Vec taps[vectors];
        ETCH_UNROLL for (int v = 0; v < vectors; ++v) {
          taps[v] = hn::Load(float_tag, w + (ky * s.filters + filter) * part + v * lanes);
        }
        ETCH_UNROLL for (int o = 0; o < Columns; ++o) {
          const Vec gradient = hn::Set(float_tag, line[o * s.filters + filter]);
          ETCH_UNROLL for (int v = 0; v < vectors; ++v) {
            sum[o][v] = hn::MulAdd(gradient, taps[v], sum[o][v]);
          }
        }
      }
    }
    ETCH_UNROLL for (int o = 0; o < Columns; ++o) {
      ETCH_UNROLL for (int v = 0; v < vectors; ++v) {
        hn::Store(sum[o][v], float_tag, parts + (column + o) * part + v * lanes);
      }
    }
  }

  /// Adds up the parts of a row. Those of window.size outputs beyond either end are zero.
  HWY_INLINE void collect(const float* HWY_RESTRICT parts, float* HWY_RESTRICT dx_row) const {
    constexpr TagFor<sizes.channels> tag;
    for (int x = 0; x < s.columns.in; ++x) {
      ETCH_UNROLL for (int channel = 0; channel < sizes.channels;
                       channel += lanes_of<decltype(tag)>) {
        auto sum = hn::Zero(tag);
        ETCH_UNROLL for (int kx = 0; kx < window.size; ++kx) {
          const int place = x + s.columns.before - kx + window.size * window.stride;
          if (place % window.stride != 0) continue;
          const int o = place / window.stride - window.size;
          sum = hn::Add(sum, hn::LoadU(tag, parts + o * part + kx * s.channels + channel));
        }
        float* to = dx_row + x * s.channels + channel;
        const int count = s.channels - channel;
        store_first(finish(sum, tag, to, count), tag, to, count);
      }
    }
  }

  HWY_INLINE void picture(const float* HWY_RESTRICT dy, const float* HWY_RESTRICT w,
                          float* HWY_RESTRICT parts, float* HWY_RESTRICT dx) const {
    for (int row = 0; row < s.rows.in; ++row) {
      for_blocks<blocks, clip>([&]<int Columns, Clip>(int block) ETCH_LAMBDA {
        tile<Columns>(dy, w, parts, row, block * blocks.columns);
      });
      collect(parts, dx + row * s.columns.in * s.channels);
    }
  }

  HWY_INLINE void pictures(const float* HWY_RESTRICT dy, const float* HWY_RESTRICT w,
                           float* HWY_RESTRICT dx, int samples, float* HWY_RESTRICT scratch) const {
    transpose_weights(w, scratch);
    float* parts = scratch + sizes.transposed_weights();
    std::fill_n(parts, sizes.part_floats(), 0.0f);
    for (int n = 0; n < samples; ++n) {
      picture(dy + n * s.y_stride, scratch, parts + window.size * part, dx + n * s.x_stride);
    }
  }
};

// ----------------------------------------------------------------------------- weight gradient

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
  static constexpr int phases = filters / std::gcd(filters, lanes);
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
    for (int r = 0; r < count; ++r) {
      const bool inside = row + r >= 0 && row + r < s.rows.out;
      for (int i = 0; i < row_floats; i += lanes) {
        const float* from = dy + (row + r) * row_floats + i;
        const Vec v = inside ? load_first(float_tag, from, row_floats - i) : hn::Zero(float_tag);
        hn::Store(v, float_tag, to + r * dy_line + i);
      }
    }
  }

  /// Adds to the `sums` of a phase, for rows [ky, ky + R) of the window, what `count` rows of
  /// pixels have in common with the rows of dy that see them: row r of dy lies in row ky + R - 1.
  template <int R>
  HWY_INLINE void tile(const float* HWY_RESTRICT x, const float* HWY_RESTRICT dy, int count,
                       int phase, float* HWY_RESTRICT sums) const {
    Vec sum[R][window.size];
    ETCH_UNROLL for (int r = 0; r < R; ++r) {
      ETCH_UNROLL for (int kx = 0; kx < window.size; ++kx) {
        sum[r][kx] = hn::Load(float_tag, sums + (r * window.size + kx) * lanes);
      }
    }
    for (int i = phase * lanes; i < row_floats; i += phases * lanes) {
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
