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

// ------------------------------------------------------------------------------------- forward

/// The lanes are (column, filter) pairs of a row of y, as it lies. Pixels are copied with zeros for
/// what pads them; a load of them is shuffled so that each is repeated for its filters (LeNet-5's
/// first layer: 78 % of peak, 72 when they lay repeated in memory). A vector of several rows of y
/// is summed in registers: pixels serve the rows of the window, weights all rows.
template <Conv2DSizes sizes, class Finish>
struct Conv2DNarrowForward {
  const Finish& finish;
  ETCH_SPECIALISED const Conv2DSizes s = loop_sizes<sizes>();
  static constexpr Window window = sizes.columns;
  static constexpr int filters = sizes.filters;
  static constexpr int taps = sizes.rows.size;  // of a column of the window
  static constexpr int vectors = ceil_div(window.out * filters, lanes);
  static constexpr int phases = std::min(phases_of<filters>, vectors);
  static constexpr int phase_floats = sizes.channels * window.size * taps * lanes;  // of weights
  /// Floats of a row of one channel, as far as whole vectors are written, and as the last tap of
  /// the last vector of y reads.
  static constexpr int line =
      round_up(std::max(window.before + round_up(window.in, lanes),
                        (vectors - 1) * lanes / filters + window.size - 1 + lanes),
               lanes);
  /// Rows whose pixels leave half of the L1 cache, and that fit into registers beside the weights
  /// of a column of the window, pixels, and where those are repeated from. Sums may rest here,
  /// too: the more rows, the more a load of pixels serves (AVX2, 28x28x1 to 6, 5x5: 87 % of peak,
  /// 77 by nine).
  static constexpr int cached = 6144 / (sizes.channels * line) - taps + 1;
  static constexpr Blocks blocks = balanced(
      sizes.rows.out,
      std::max(std::min(cached, sums_rest<sizes> ? resting_sums : registers - taps - 2), 1), 1);
  static constexpr int copied_rows = blocks.columns + taps - 1;

  /// Rows of pixels.
  static constexpr Clip clip(int block) { return inputs_under(sizes.rows, blocks, block); }

  /// The share of the time that copies and shuffles leave, by the products that a pixel has: of a
  /// window of 5x5, 3x3 and 2x2 from 28x28x1 to 8 filters 92, 83 and 47 % of peak. Channels beyond
  /// three, which are copied one by one, take a third more: from 14x14x8 64 and 43 %.
  static constexpr float efficiency =
      std::min(1 - 2.0f / (taps * window.size), 0.85f) * (sizes.channels > 3 ? 0.65f : 1.0f);

  /// Where lanes that filters would leave empty are more than that: 28x28x1 to 6, 5x5, 83 % of
  /// peak, and 39 with the filters in the lanes; to 12, 3x3, 86 and 75; to 13, 3x3, 78 and 81. Two
  /// or three rows at a time, as many channels leave, lose, and weights are to leave some of the L1
  /// cache.
  static constexpr bool better = window.stride == 1 && sizes.rows.stride == 1 && filters <= lanes &&
                                 cached >= 4 && phases * (phase_floats + lanes) <= 8192 &&
                                 efficiency * filled(window.out * filters, lanes) >
                                     filled(filters, lanes);

  /// For each phase the filter of a lane, and its column, counted from the first lane's.
  struct Places {
    alignas(64) std::array<std::int32_t, phases * lanes> filter{}, column{};
  };
  static constexpr Places places = [] {
    Places all;
    for (int i = 0; i < phases * lanes; ++i) {
      const auto at = static_cast<std::size_t>(i);
      all.filter[at] = i % filters;
      all.column[at] = i / filters - i / lanes * lanes / filters;
    }
    return all;
  }();
  /// Each filter's number in its lanes.
  HWY_INLINE static Vec spread(const float* HWY_RESTRICT of, int phase) {
    const std::int32_t* filter = places.filter.data() + phase * lanes;
    return hn::TableLookupLanes(hn::LoadU(float_tag, of), hn::SetTableIndices(float_tag, filter));
  }

  /// to[phase][channel][kx][ky][lane], the biases behind them: to[phase][lane].
  HWY_INLINE void spread_weights(const float* HWY_RESTRICT w, const float* HWY_RESTRICT b,
                                 float* HWY_RESTRICT to) const {
    for (int phase = 0; phase < phases; ++phase) {
      for (int channel = 0; channel < s.channels; ++channel) {
        for (int kx = 0; kx < window.size; ++kx) {
          for (int ky = 0; ky < taps; ++ky, to += lanes) {
            hn::Store(spread(w + s.place(ky, kx, channel, 0), phase), float_tag, to);
          }
        }
      }
    }
    for (int phase = 0; phase < phases; ++phase, to += lanes) {
      hn::Store(spread(b, phase), float_tag, to);
    }
  }

  /// to[row][channel][column]: `count` rows of pixels, with zeros left and right of them.
  HWY_INLINE void copy(const float* HWY_RESTRICT x, float* HWY_RESTRICT to, int count) const {
    for (int r = 0; r < count; ++r, x += s.columns.in * s.channels) {
      for (int channel = 0; channel < s.channels; ++channel, to += line) {
        copy_line<sizes>(x + channel, to);
      }
    }
  }

  /// One vector of each of `R` rows: `pixels` of the first tap, `w` and `b` of the vector's phase.
  template <int R, Clip c>
  HWY_INLINE void tile(const float* HWY_RESTRICT pixels, int phase, const float* HWY_RESTRICT w,
                       const float* HWY_RESTRICT b, float* HWY_RESTRICT y, int count) const {
    const auto repeat = hn::SetTableIndices(float_tag, places.column.data() + phase * lanes);
    Vec sum[R];
    ETCH_UNROLL for (int r = 0; r < R; ++r) sum[r] = hn::Load(float_tag, b);
    for (int channel = 0; channel < s.channels; ++channel) {
      for (int kx = 0; kx < window.size; ++kx, w += taps * lanes) {
        const float* from = pixels + channel * line + kx;
        Vec tap[taps];
        ETCH_UNROLL for (int ky = 0; ky < taps; ++ky) tap[ky] = hn::Load(float_tag, w + ky * lanes);
        // Every other row first: two neighbours add to almost the same sums (4 % faster).
        ETCH_UNROLL for (int odd = 0; odd < 2; ++odd) {
          ETCH_UNROLL for (int row = c.first + odd; row < c.end; row += 2) {
            const Vec here = hn::LoadU(float_tag, from + (row - c.first) * s.channels * line);
            const Vec v = in_register(hn::TableLookupLanes(here, repeat));
            ETCH_UNROLL for (int ky = 0; ky < taps; ++ky) {
              const int r = row - ky;
              if (r >= 0 && r < R) sum[r] = hn::MulAdd(v, tap[ky], sum[r]);
            }
          }
        }
      }
    }
    ETCH_UNROLL for (int r = 0; r < R; ++r) {
      float* to = y + r * s.columns.out * filters;
      store_first(finish(sum[r], float_tag, to, count), float_tag, to, count);
    }
  }

  /// One of `vectors` parts of the pixels under a block, which begin at `x`. Those of the next
  /// picture, fetched so while this one's are at work, come from afar without waiting (1,000
  /// pictures in the L3 cache, LeNet-5's inference: 7.75 µs each, 8.0 without; 7.95 where as many
  /// are fetched at once).
  HWY_INLINE void fetch(const float* HWY_RESTRICT x, int part) const {
    constexpr int each = ceil_div(blocks.columns * sizes.columns.in * sizes.channels, vectors);
    ETCH_UNROLL for (int i = 0; i < each; i += cache_line) {
      __builtin_prefetch(x + part * each + i);
    }
  }

  HWY_INLINE void pictures(const float* HWY_RESTRICT x, const float* HWY_RESTRICT w,
                           const float* HWY_RESTRICT b, float* HWY_RESTRICT y, int samples) const {
    alignas(64) float weights[phases * (phase_floats + lanes)];
    alignas(64) float copied[copied_rows * sizes.channels * line] = {};
    spread_weights(w, b, weights);
    ETCH_SPECIALISED const int row_vectors = loop_sizes<vectors>();
    for (int n = 0; n < samples; ++n) {
      for_blocks<blocks, clip>([&]<int R, Clip c>(int block) ETCH_LAMBDA {
        const int row = block * blocks.columns, first = row - s.rows.before + c.first;
        copy(x + n * s.x_stride + first * s.columns.in * s.channels, copied, c.end - c.first);
        float* to = y + n * s.y_stride + row * s.columns.out * filters;
        const float* next = x + (n + 1) * s.x_stride + row * s.columns.in * s.channels;
        for (int v = 0, phase = 0; v < row_vectors; ++v) {
          fetch(next, v);
          tile<R, c>(copied + v * lanes / filters, phase, weights + phase * phase_floats,
                     weights + phases * phase_floats + phase * lanes, to + v * lanes,
                     window.out * filters - v * lanes);
          phase = phase + 1 == phases ? 0 : phase + 1;
        }
      });
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
  HWY_INLINE void collect(const float* HWY_RESTRICT parts, float* dx_row) const {
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

  /// Adds up the parts of a row when those of the next one are stored, too: a load across two
  /// stores waits until both are in the cache (14x14x6 to 16, 5x5: 88 % of peak, 83 if it comes at
  /// once).
  HWY_INLINE void picture(const float* HWY_RESTRICT dy, const float* HWY_RESTRICT w,
                          float* HWY_RESTRICT parts, float* dx) const {
    const auto parts_of = [&](int row) ETCH_LAMBDA {
      return parts + row % 2 * static_cast<std::ptrdiff_t>(sizes.part_floats());
    };
    for (int row = 0; row <= s.rows.in; ++row) {
      if (row < s.rows.in) {
        for_blocks<blocks>([&]<int Columns>(int block) ETCH_LAMBDA {
          tile<Columns>(dy, w, parts_of(row), row, block * blocks.columns);
        });
      }
      if (row > 0) collect(parts_of(row - 1), dx + (row - 1) * s.columns.in * s.channels);
    }
  }

  HWY_INLINE void pictures(const float* HWY_RESTRICT dy, const float* HWY_RESTRICT w, float* dx,
                           int samples, float* HWY_RESTRICT scratch) const {
    transpose_weights(w, scratch);
    float* parts = scratch + sizes.transposed_weights();
    std::fill_n(parts, 2 * sizes.part_floats(), 0.0f);
    for (int n = 0; n < samples; ++n) {
      picture(dy + n * s.y_stride, scratch, parts + window.size * part, dx + n * s.x_stride);
    }
  }
};

}  // namespace etch::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
