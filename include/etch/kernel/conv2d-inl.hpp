// Convolutions with sizes known at compile time: forward and both gradients.
//
// The lanes are filters (channels, in the data gradient). A row of output columns, or some short
// ones, is summed in registers, of which 16 hold only the sums at work (sums_rest); the rows and
// channels under the window are loops, only the window's columns times the row are unrolled: every
// pixel is broadcast once and meets all taps that it has a part in (of 32 registers, 0.3 to 0.6
// loads per multiplication). Unrolling the window's rows too made it 1.2 (clang) to 4.4 (g++) times
// slower. Borders cost nothing: columns are skipped at compile time, rows at run time.
//
// `sizes` shapes the tile, window included; `s` is what loops count with (loop_sizes.hpp); `finish`
// has the last word on what is stored (finish-inl.hpp).

#if defined(ETCH_KERNEL_CONV2D_INL_HPP) == defined(HWY_TARGET_TOGGLE)
#ifdef ETCH_KERNEL_CONV2D_INL_HPP
#undef ETCH_KERNEL_CONV2D_INL_HPP
#else
#define ETCH_KERNEL_CONV2D_INL_HPP
#endif

#include <algorithm>

#include "etch/kernel/conv2d_bias_gradient-inl.hpp"
#include "etch/kernel/conv2d_blocks-inl.hpp"
#include "etch/kernel/conv2d_layout.hpp"
#include "etch/kernel/conv2d_narrow-inl.hpp"
#include "etch/kernel/conv2d_narrow_weight_gradient-inl.hpp"
#include "etch/kernel/conv2d_pairs-inl.hpp"
#include "etch/kernel/conv2d_pointwise-inl.hpp"
#include "etch/kernel/conv2d_transpose-inl.hpp"
#include "etch/kernel/conv2d_weight_gradient-inl.hpp"
#include "etch/kernel/loop_sizes.hpp"
#include "etch/kernel/vec-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace etch::HWY_NAMESPACE {

// ------------------------------------------------------------------------------------- forward

template <Conv2DSizes sizes, class Finish>
struct Conv2DForward {
  const Finish& finish;
  using Tag = TagFor<sizes.filters>;
  using Lanes = hn::Vec<Tag>;
  static constexpr Tag tag{};
  ETCH_SPECIALISED const Conv2DSizes s = loop_sizes<sizes>();
  static constexpr Window window = sizes.columns;
  static constexpr Blocks blocks = balanced(window.out, conv_columns<sizes>, 1);
  static constexpr int rows = conv_rows<sizes>(blocks);

  static constexpr Clip clip(int block) { return inputs_under(window, blocks, block); }

  /// How far apart the pixels are whose products follow each other: neighbours add to almost the
  /// same sums, which wait for the product before (14x14x16 to 16, 5x5, on a Zen 4: 288 µs, 294 one
  /// by one). Sums that rest have theirs one by one, so that they are loaded once.
  static constexpr int pixels_apart = sums_rest<sizes> ? 1 : window.stride + 1;

  /// `R` rows of output from `row` on, `Columns` places from `column` on, one vector of filters.
  template <int R, int Columns, Clip c>
  HWY_INLINE void tile(const float* HWY_RESTRICT x, const float* HWY_RESTRICT w, Lanes bias,
                       float* HWY_RESTRICT y, int row, int column, int filters) const {
    Lanes sum[R][Columns];
    ETCH_UNROLL for (int r = 0; r < R; ++r) {
      ETCH_UNROLL for (int o = 0; o < Columns; ++o) sum[r][o] = hn::Zero(tag);
    }
    const int start = column * window.stride - window.before;
    for (int ky = 0; ky < sizes.rows.size; ++ky) {
      const float* line[R];
      ETCH_UNROLL for (int r = 0; r < R; ++r) {
        const int iy = (row + r) * sizes.rows.stride - s.rows.before + ky;
        const bool inside = iy >= 0 && iy < s.rows.in;
        line[r] = inside ? x + (iy * s.columns.in + start) * s.channels : nullptr;
      }
      for (int channel = 0; channel < s.channels; ++channel) {
        Lanes taps[window.size];
        const float* w_line = w + (ky * s.channels + channel) * sizes.line_floats();
        ETCH_UNROLL for (int kx = 0; kx < window.size; ++kx) {
          taps[kx] = hn::Load(tag, w_line + kx * conv_panel);
        }
        ETCH_UNROLL for (int r = 0; r < R; ++r) {
          if (line[r] == nullptr) continue;
          ETCH_UNROLL for (int from = c.first; from < c.first + pixels_apart; ++from) {
            ETCH_UNROLL for (int i = from; i < c.end; i += pixels_apart) {
              const Lanes pixel = hn::Set(tag, line[r][i * s.channels + channel]);
              ETCH_UNROLL for (int kx = 0; kx < window.size; ++kx) {
                const int o = (i - kx) / window.stride;
                if (i >= kx && (i - kx) % window.stride == 0 && o < Columns) {
                  sum[r][o] = hn::MulAdd(pixel, taps[kx], sum[r][o]);
                }
              }
            }
          }
        }
      }
    }
    ETCH_UNROLL for (int r = 0; r < R; ++r) {
      float* y_row = y + ((row + r) * s.columns.out + column) * s.filters;
      ETCH_UNROLL for (int o = 0; o < Columns; ++o) {
        float* to = y_row + o * s.filters;
        store_first(finish(hn::Add(sum[r][o], bias), tag, to, filters), tag, to, filters);
      }
    }
  }

  HWY_INLINE void picture(const float* HWY_RESTRICT x, const float* HWY_RESTRICT w,
                          const float* HWY_RESTRICT b, float* HWY_RESTRICT y) const {
    for (int filter = 0; filter < s.filters; filter += lanes_of<Tag>) {
      const float* w_panel = w + filter / conv_panel * s.panel_floats() + filter % conv_panel;
      const Lanes bias = hn::LoadU(tag, b + filter);
      for_row_tiles<rows>(Int<sizes.rows.out>(), [&](auto tile_rows, int row) ETCH_LAMBDA {
        constexpr int r = decltype(tile_rows)::value;
        for_blocks<blocks, clip>([&]<int Columns, Clip c>(int block) ETCH_LAMBDA {
          tile<r, Columns, c>(x, w_panel, bias, y + filter, row, block * blocks.columns,
                              s.filters - filter);
        });
      });
    }
  }
};

/// y = x * W + b. `scratch`: Conv2DPairsSizes::forward(sizes).scratch() floats, where those are
/// better.
template <Conv2DSizes sizes, class Finish>
void conv2d_forward(const float* HWY_RESTRICT x, const float* HWY_RESTRICT w,
                    const float* HWY_RESTRICT b, float* HWY_RESTRICT y, int samples,
                    float* HWY_RESTRICT scratch, const Finish& finish) {
  using Pairs = Conv2DPairs<Conv2DPairsSizes::forward(sizes), Finish>;
  ETCH_SPECIALISED const Conv2DSizes s = loop_sizes<sizes>();
  if constexpr (Conv2DNarrowForward<sizes, Finish>::better) {
    Conv2DNarrowForward<sizes, Finish>{finish}.pictures(x, w, b, y, samples);
  } else if constexpr (Pairs::better) {
    const Pairs pairs{finish};
    for (int n = 0; n < samples; ++n) {
      pairs.picture(x + n * s.x_stride, w, b, y + n * s.y_stride, scratch);
    }
  } else {
    const Conv2DForward<sizes, Finish> forward{finish};
    for (int n = 0; n < samples; ++n) {
      forward.picture(x + n * s.x_stride, w, b, y + n * s.y_stride);
    }
  }
}

// ------------------------------------------------------------------------------- data gradient

template <Conv2DSizes sizes, class Finish>
struct Conv2DDataGradient {
  const Finish& finish;
  using Tag = TagFor<sizes.channels>;
  using Lanes = hn::Vec<Tag>;
  static constexpr Tag tag{};
  ETCH_SPECIALISED const Conv2DSizes s = loop_sizes<sizes>();
  static constexpr Window window = sizes.columns;
  static constexpr Blocks blocks = balanced(window.in, conv_columns<sizes>, window.stride);
  static constexpr int rows = conv_rows<sizes>(blocks);

  /// The first output that touches a block, counted from the block's start / stride; at most 0.
  static constexpr int reach = -((window.size - 1 - window.before) / window.stride);

  /// How far apart the outputs are whose products follow each other: see forward (3x3, 14x14x16 to
  /// 32, 64 samples, on a Zen 4: 0.91 ms, 1.00 one by one).
  static constexpr int outputs_apart = sums_rest<sizes> ? 1 : ceil_div(2, window.stride);

  /// The outputs that touch a block, counted from the first that might.
  static constexpr Clip clip(int block) {
    const int start = block * blocks.columns / window.stride + reach;
    const int end =
        (block * blocks.columns + blocks.size(block) - 1 + window.before) / window.stride + 1;
    return {std::max(0, -start), std::min(end, window.out) - start};
  }

  /// Pixels [column, column + Columns) of `R` rows from `row` on, a stride apart: the same rows of
  /// the window see them. One vector of channels.
  template <int R, int Columns, Clip c>
  HWY_INLINE void tile(const float* HWY_RESTRICT dy, const float* HWY_RESTRICT w, float* dx,
                       int row, int column, int channels) const {
    ETCH_SPECIALISED const int filters = s.filter_panels() * conv_panel;
    Lanes sum[R][Columns];
    ETCH_UNROLL for (int r = 0; r < R; ++r) {
      ETCH_UNROLL for (int x = 0; x < Columns; ++x) sum[r][x] = hn::Zero(tag);
    }
    const int start = column / window.stride + reach;
    for (int ky = 0; ky < sizes.rows.size; ++ky) {
      const int place = row + s.rows.before - ky;
      if (place % sizes.rows.stride != 0) continue;
      const float* line[R];
      bool any = false;
      ETCH_UNROLL for (int r = 0; r < R; ++r) {
        const int oy = place / sizes.rows.stride + r;
        const bool inside = oy >= 0 && oy < s.rows.out;
        line[r] = inside ? dy + (oy * s.columns.out + start) * s.filters : nullptr;
        any = any || inside;
      }
      if (!any) continue;
      for (int filter = 0; filter < s.filters; ++filter) {
        Lanes taps[window.size];
        const float* w_line = w + (ky * filters + filter) * sizes.line_floats();
        ETCH_UNROLL for (int kx = 0; kx < window.size; ++kx) {
          taps[kx] = hn::Load(tag, w_line + kx * conv_panel);
        }
        ETCH_UNROLL for (int r = 0; r < R; ++r) {
          if (R > 1 && line[r] == nullptr) continue;
          ETCH_UNROLL for (int from = c.first; from < c.first + outputs_apart; ++from) {
            ETCH_UNROLL for (int o = from; o < c.end; o += outputs_apart) {
              const Lanes gradient = hn::Set(tag, line[r][o * s.filters + filter]);
              ETCH_UNROLL for (int kx = 0; kx < window.size; ++kx) {
                const int x = (o + reach) * window.stride + kx - window.before;
                if (x >= 0 && x < Columns) sum[r][x] = hn::MulAdd(gradient, taps[kx], sum[r][x]);
              }
            }
          }
        }
      }
    }
    ETCH_UNROLL for (int r = 0; r < R; ++r) {
      float* dx_row = dx + ((row + r * sizes.rows.stride) * s.columns.in + column) * s.channels;
      ETCH_UNROLL for (int x = 0; x < Columns; ++x) {
        float* to = dx_row + x * s.channels;
        store_first(finish(sum[r][x], tag, to, channels), tag, to, channels);
      }
    }
  }

  HWY_INLINE void picture(const float* HWY_RESTRICT dy, const float* HWY_RESTRICT w,
                          float* dx) const {
    ETCH_SPECIALISED const std::ptrdiff_t panel =
        std::ptrdiff_t{sizes.rows.size} * s.filter_panels() * conv_panel * sizes.line_floats();
    constexpr int apart = sizes.rows.stride;
    for (int channel = 0; channel < s.channels; channel += lanes_of<Tag>) {
      const float* w_panel = w + channel / conv_panel * panel + channel % conv_panel;
      for (int first = 0; first < std::min(apart, s.rows.in); ++first) {
        for_row_tiles<rows>(
            ceil_div(s.rows.in - first, apart), [&](auto tile_rows, int i) ETCH_LAMBDA {
              constexpr int r = decltype(tile_rows)::value;
              for_blocks<blocks, clip>([&]<int Columns, Clip c>(int block) ETCH_LAMBDA {
                tile<r, Columns, c>(dy, w_panel, dx + channel, first + i * apart,
                                    block * blocks.columns, s.channels - channel);
              });
            });
      }
    }
  }
};

/// dx = dy * W^T. `scratch`: sizes.data_gradient_scratch() floats, or what Conv2DPairsGradientSizes
/// asks for, where those are better and it is more. `finish` may read where dx is
/// written.
template <Conv2DSizes sizes, class Finish>
void conv2d_data_gradient(const float* HWY_RESTRICT dy, const float* HWY_RESTRICT w, float* dx,
                          int samples, float* HWY_RESTRICT scratch, const Finish& finish) {
  if constexpr (Conv2DNarrowDataGradient<sizes, Finish>::better) {
    Conv2DNarrowDataGradient<sizes, Finish>{finish}.pictures(dy, w, dx, samples, scratch);
  } else {
    using Pairs = Conv2DPairsDataGradient<Conv2DPairsGradientSizes{sizes}, Finish>;
    ETCH_SPECIALISED const Conv2DSizes s = loop_sizes<sizes>();
    conv2d_transpose_weights<sizes>(w, scratch);
    if constexpr (Pairs::better) {
      const Pairs pairs{finish};
      for (int n = 0; n < samples; ++n) {
        pairs.picture(dy + n * s.y_stride, scratch, dx + n * s.x_stride,
                      scratch + s.transposed_weights());
      }
    } else {
      const Conv2DDataGradient<sizes, Finish> gradient{finish};
      for (int n = 0; n < samples; ++n) {
        gradient.picture(dy + n * s.y_stride, scratch, dx + n * s.x_stride);
      }
    }
  }
}

// ----------------------------------------------------------------------------- weight gradient

/// Pieces of dW that can be computed apart, and whether one of them sums db, too.
template <Conv2DSizes sizes>
struct Conv2DGradientPieces {
  using Narrow = Conv2DNarrowWeightGradient<sizes>;
  using Pointwise = Conv2DPointwiseWeightGradient<sizes>;
  using Wide = Conv2DWeightGradient<sizes>;
  static constexpr int count = Narrow::better    ? Narrow::pieces
                               : Pointwise::fits ? 1
                                                 : Wide::pieces * sizes.filter_panels();
  static constexpr bool sums_biases = Narrow::better || (!Pointwise::fits && Wide::sums_biases);
};

/// How many pieces dW and db fall into. If db is not summed beside dW, it is the last.
template <Conv2DSizes sizes>
inline constexpr int conv2d_weight_gradient_tiles = Conv2DGradientPieces<sizes>::count +
                                                    (Conv2DGradientPieces<sizes>::sums_biases ? 0
                                                                                              : 1);

/// dW = sum over the samples of x correlated with dy, db = sum of dy; piece `piece` of them.
template <Conv2DSizes sizes>
void conv2d_weight_gradient(const float* HWY_RESTRICT x, const float* HWY_RESTRICT dy,
                            float* HWY_RESTRICT dw, float* HWY_RESTRICT db, int samples,
                            int piece) {
  using Pieces = Conv2DGradientPieces<sizes>;
  if constexpr (!Pieces::sums_biases) {
    if (piece == Pieces::count) return conv2d_bias_gradient<sizes>(dy, db, samples);
  }
  if constexpr (Pieces::Narrow::better) {
    typename Pieces::Narrow()(x, dy, dw, db, samples, piece);
  } else if constexpr (Pieces::Pointwise::fits) {
    typename Pieces::Pointwise()(x, dy, dw, samples);
  } else {
    typename Pieces::Wide()(x, dy, dw, db, samples, piece);
  }
}

}  // namespace etch::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
