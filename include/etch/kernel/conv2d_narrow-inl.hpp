// Convolutions with few channels on the side that the other kernels have in the lanes, which then
// are mostly empty: 6 filters fill 6 of 16.

#if defined(ETCH_KERNEL_CONV2D_NARROW_INL_HPP) == defined(HWY_TARGET_TOGGLE)
#ifdef ETCH_KERNEL_CONV2D_NARROW_INL_HPP
#undef ETCH_KERNEL_CONV2D_NARROW_INL_HPP
#else
#define ETCH_KERNEL_CONV2D_NARROW_INL_HPP
#endif

#include <algorithm>

#include "etch/kernel/conv2d_blocks-inl.hpp"
#include "etch/kernel/conv2d_layout.hpp"
#include "etch/kernel/loop_sizes.hpp"
#include "etch/kernel/vec-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace etch::HWY_NAMESPACE {

/// The share of lanes at work when `count` numbers stand in vectors.
constexpr float filled(int count, int width) {
  return static_cast<float>(count) / static_cast<float>(round_up(count, width));
}

// ------------------------------------------------------------------------------- data gradient

/// The lanes are (column of the window, channel) pairs: what one output has to give to one row of
/// inputs. A tile sums that over the window's rows and all filters, for `Columns` outputs; then
/// each input adds up what the outputs around it have for it, one addition per tap and row.
template <Conv2DSizes sizes>
struct Conv2DNarrowDataGradient {
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
        store_first(sum, tag, dx_row + x * s.channels + channel, s.channels - channel);
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

}  // namespace etch::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
