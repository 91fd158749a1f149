// Convolutions with sizes known at compile time: forward and both gradients.
//
// The lanes are filters (channels, in the data gradient). One row of output columns is held in
// registers; the rows and channels under the window are loops, only the window's columns times the
// row are unrolled: every pixel is broadcast once and meets all taps that it has a part in (0.3 to
// 0.6 loads per multiplication). Unrolling the window's rows too made it 1.2 (clang) to 4.4 (g++)
// times slower. Borders cost nothing: columns are skipped at compile time, rows at run time.
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
#include "etch/kernel/conv2d_transpose-inl.hpp"
#include "etch/kernel/loop_sizes.hpp"
#include "etch/kernel/vec-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace etch::HWY_NAMESPACE {

/// Columns of one row that fit into the registers beside the window's weights and a pixel.
template <Conv2DSizes sizes>
inline constexpr int conv_columns = std::max(registers - sizes.kernel() - 1 - spare_registers(2),
                                             4);

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
  /// Rows at a time: a short row alone has too few sums to hide the latency of an FMA.
  static constexpr int rows = std::clamp(conv_columns<sizes> / blocks.columns, 1, 4);

  /// The inputs of a block, counted from the window's start at its first place.
  static constexpr Clip clip(int block) {
    const int start = block * blocks.columns * window.stride - window.before;
    const int end = start + (blocks.size(block) - 1) * window.stride + window.size;
    return {std::max(0, -start), std::min(end, window.in) - start};
  }

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
          ETCH_UNROLL for (int i = c.first; i < c.last; ++i) {
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
    ETCH_UNROLL for (int r = 0; r < R; ++r) {
      float* y_row = y + ((row + r) * s.columns.out + column) * s.filters;
      ETCH_UNROLL for (int o = 0; o < Columns; ++o) {
        store_first(finish(hn::Add(sum[r][o], bias)), tag, y_row + o * s.filters, filters);
      }
    }
  }

  HWY_INLINE void picture(const float* HWY_RESTRICT x, const float* HWY_RESTRICT w,
                          const float* HWY_RESTRICT b, float* HWY_RESTRICT y) const {
    for (int filter = 0; filter < s.filters; filter += lanes_of<Tag>) {
      const float* w_panel = w + filter / conv_panel * s.panel_floats() + filter % conv_panel;
      const Lanes bias = hn::LoadU(tag, b + filter);
      for_row_tiles<rows>(s.rows.out, [&](auto tile_rows, int row) ETCH_LAMBDA {
        constexpr int r = decltype(tile_rows)::value;
        for_blocks<blocks, clip>([&]<int Columns, Clip c>(int block) ETCH_LAMBDA {
          tile<r, Columns, c>(x, w_panel, bias, y + filter, row, block * blocks.columns,
                              s.filters - filter);
        });
      });
    }
  }
};

/// y = x * W + b.
template <Conv2DSizes sizes, class Finish>
void conv2d_forward(const float* HWY_RESTRICT x, const float* HWY_RESTRICT w,
                    const float* HWY_RESTRICT b, float* HWY_RESTRICT y, int samples,
                    const Finish& finish) {
  if constexpr (Conv2DNarrowForward<sizes, Finish>::better) {
    Conv2DNarrowForward<sizes, Finish>{finish}.pictures(x, w, b, y, samples);
  } else {
    const Conv2DForward<sizes, Finish> forward{finish};
    for (int n = 0; n < samples; ++n) {
      forward.picture(x + n * forward.s.x_stride, w, b, y + n * forward.s.y_stride);
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

  /// The first output that touches a block, counted from the block's start / stride; at most 0.
  static constexpr int reach = -((window.size - 1 - window.before) / window.stride);

  /// The outputs that touch a block, counted from the first that might.
  static constexpr Clip clip(int block) {
    const int start = block * blocks.columns / window.stride + reach;
    const int end =
        (block * blocks.columns + blocks.size(block) - 1 + window.before) / window.stride + 1;
    return {std::max(0, -start), std::min(end, window.out) - start};
  }

  /// Pixels [column, column + Columns) of row `row`, one vector of channels.
  template <int Columns, Clip c>
  HWY_INLINE void tile(const float* HWY_RESTRICT dy, const float* HWY_RESTRICT w,
                       float* HWY_RESTRICT dx, int row, int column, int channels) const {
    ETCH_SPECIALISED const int filters = s.filter_panels() * conv_panel;
    Lanes sum[Columns];
    ETCH_UNROLL for (int x = 0; x < Columns; ++x) sum[x] = hn::Zero(tag);
    for (int ky = 0; ky < sizes.rows.size; ++ky) {
      const int place = row + s.rows.before - ky;
      const int oy = place / sizes.rows.stride;
      if (place < 0 || place % sizes.rows.stride != 0 || oy >= s.rows.out) continue;
      const float* line = dy + (oy * s.columns.out + column / window.stride + reach) * s.filters;
      for (int filter = 0; filter < s.filters; ++filter) {
        Lanes taps[window.size];
        const float* w_line = w + (ky * filters + filter) * sizes.line_floats();
        ETCH_UNROLL for (int kx = 0; kx < window.size; ++kx) {
          taps[kx] = hn::Load(tag, w_line + kx * conv_panel);
        }
        ETCH_UNROLL for (int o = c.first; o < c.last; ++o) {
          const Lanes gradient = hn::Set(tag, line[o * s.filters + filter]);
          ETCH_UNROLL for (int kx = 0; kx < window.size; ++kx) {
            const int x = (o + reach) * window.stride + kx - window.before;
            if (x >= 0 && x < Columns) sum[x] = hn::MulAdd(gradient, taps[kx], sum[x]);
          }
        }
      }
    }
    ETCH_UNROLL for (int x = 0; x < Columns; ++x) {
      float* to = dx + (row * s.columns.in + column + x) * s.channels;
      store_first(finish(sum[x], tag, to, channels), tag, to, channels);
    }
  }

  HWY_INLINE void picture(const float* HWY_RESTRICT dy, const float* HWY_RESTRICT w,
                          float* HWY_RESTRICT dx) const {
    ETCH_SPECIALISED const std::ptrdiff_t panel =
        std::ptrdiff_t{sizes.rows.size} * s.filter_panels() * conv_panel * sizes.line_floats();
    for (int channel = 0; channel < s.channels; channel += lanes_of<Tag>) {
      const float* w_panel = w + channel / conv_panel * panel + channel % conv_panel;
      for (int row = 0; row < s.rows.in; ++row) {
        for_blocks<blocks, clip>([&]<int Columns, Clip c>(int block) ETCH_LAMBDA {
          tile<Columns, c>(dy, w_panel, dx + channel, row, block * blocks.columns,
                           s.channels - channel);
        });
      }
    }
  }
};

/// dx = dy * W^T. `scratch`: sizes.data_gradient_scratch() floats.
template <Conv2DSizes sizes, class Finish>
void conv2d_data_gradient(const float* HWY_RESTRICT dy, const float* HWY_RESTRICT w,
                          float* HWY_RESTRICT dx, int samples, float* HWY_RESTRICT scratch,
                          const Finish& finish) {
  if constexpr (Conv2DNarrowDataGradient<sizes, Finish>::better) {
    Conv2DNarrowDataGradient<sizes, Finish>{finish}.pictures(dy, w, dx, samples, scratch);
  } else {
    conv2d_transpose_weights<sizes>(w, scratch);
    const Conv2DDataGradient<sizes, Finish> gradient{finish};
    for (int n = 0; n < samples; ++n) {
      gradient.picture(dy + n * gradient.s.y_stride, scratch, dx + n * gradient.s.x_stride);
    }
  }
}

// ----------------------------------------------------------------------------- weight gradient

template <Conv2DSizes sizes>
struct Conv2DWeightGradient {
  using Tag = TagFor<sizes.filters>;
  using Lanes = hn::Vec<Tag>;
  static constexpr Tag tag{};
  ETCH_SPECIALISED const Conv2DSizes s = loop_sizes<sizes>();
  static constexpr Window window = sizes.columns;
  /// Lines whose taps are summed in registers together; they share the loads of dy. They belong to
  /// one row of the window, so that they are inside the picture together, unless that row has too
  /// few taps to hide the latency of an FMA. Sixteen registers hold two of five taps, up to five
  /// columns of dy and a pixel (AVX2, 5x5 from and to 16: 80 and 90 % of peak with stride 2 and 1;
  /// 55 by one line, whose five sums wait for each other).
  static constexpr bool one_row = sizes.channels * window.size >= 9;
  static constexpr int row_lines = one_row ? sizes.channels : sizes.lines();
  static constexpr int row_groups =
      ceil_div(row_lines, std::clamp((registers - 6) / window.size, 1, 8));
  static constexpr int lines = ceil_div(row_lines, row_groups);
  static constexpr int groups = sizes.lines() / row_lines * row_groups;
  /// Groups that go through the samples together, one sample at a time, so that they find it in the
  /// cache: where 16 samples would fill half of it (1 MB).
  static constexpr bool by_sample = sizes.x_stride + sizes.y_stride >= 16384;
  static constexpr int piece_groups = by_sample ? row_groups : 1;
  static constexpr int pieces = groups / piece_groups;  // of a panel
  static constexpr Blocks blocks = balanced(
      window.out, std::max(registers - 1 - spare_registers(1) - lines * window.size, 2), 1);
  static constexpr Clip clip(int block) {
    const int start = block * blocks.columns * window.stride - window.before;
    const int end = start + (blocks.size(block) - 1) * window.stride + window.size;
    return {std::max(0, -start), std::min(end, window.in) - start};
  }

  template <int Lines>
  using Sums = Lanes[Lines][window.size];

  /// Adds what pixel `i` of line `l` has in common with `Columns` outputs.
  template <int Lines, int Columns>
  HWY_INLINE void add_pixel(const float* HWY_RESTRICT x, const Lanes (&gradient)[Columns], int l,
                            int i, Sums<Lines>& sum) const {
    const Lanes pixel = hn::Set(tag, *x);
    ETCH_UNROLL for (int kx = 0; kx < window.size; ++kx) {
      const int o = (i - kx) / window.stride;
      if (i >= kx && (i - kx) % window.stride == 0 && o < Columns) {
        sum[l][kx] = hn::MulAdd(pixel, gradient[o], sum[l][kx]);
      }
    }
  }

  /// Adds what `Columns` outputs of one row, from `dy` on, have in common with the lines under
  /// them. Neighbours in time are products of different lines, whose sums do not wait for each
  /// other.
  template <int Lines, int Columns, Clip c>
  HWY_INLINE void add(const float* const (&line)[Lines], const float* HWY_RESTRICT dy, int start,
                      int filters, bool all_inside, Sums<Lines>& sum) const {
    Lanes gradient[Columns];
    ETCH_UNROLL for (int o = 0; o < Columns; ++o) {
      gradient[o] = load_first(tag, dy + o * s.filters, filters);
    }
    if (one_row || all_inside) {
      ETCH_UNROLL for (int i = c.first; i < c.last; ++i) {
        ETCH_UNROLL for (int l = 0; l < Lines; ++l) {
          add_pixel<Lines, Columns>(line[l] + (start + i) * s.channels, gradient, l, i, sum);
        }
      }
    } else {
      ETCH_UNROLL for (int l = 0; l < Lines; ++l) {
        if (line[l] == nullptr) continue;
        ETCH_UNROLL for (int i = c.first; i < c.last; ++i) {
          add_pixel<Lines, Columns>(line[l] + (start + i) * s.channels, gradient, l, i, sum);
        }
      }
    }
  }

  /// dW of `Lines` lines from `first` on and one vector of filters, summed over `samples`: from
  /// zero on, or from what there is.
  template <int Lines>
  HWY_INLINE void tile(const float* HWY_RESTRICT x, const float* HWY_RESTRICT dy,
                       float* HWY_RESTRICT dw, int samples, bool from_zero, int first,
                       int filters) const {
    Sums<Lines> sum;
    ETCH_UNROLL for (int l = 0; l < Lines; ++l) {
      ETCH_UNROLL for (int kx = 0; kx < window.size; ++kx) {
        const float* there = dw + (first + l) * sizes.line_floats() + kx * conv_panel;
        sum[l][kx] = from_zero ? hn::Zero(tag) : hn::Load(tag, there);
      }
    }
    for (int n = 0; n < samples; ++n) {
      for (int oy = 0; oy < s.rows.out; ++oy) {
        const float* line[Lines];
        bool all_inside = true;
        ETCH_UNROLL for (int l = 0; l < Lines; ++l) {
          const int ky = (first + (one_row ? 0 : l)) / s.channels;
          const int iy = oy * sizes.rows.stride - s.rows.before + ky;
          const bool inside = iy >= 0 && iy < s.rows.in;
          line[l] = inside ? x + n * s.x_stride + iy * s.columns.in * s.channels +
                                 (first + l) % s.channels
                           : nullptr;
          all_inside = all_inside && inside;
        }
        if (one_row && !all_inside) continue;
        const float* dy_row = dy + n * s.y_stride + oy * s.columns.out * s.filters;
        for_blocks<blocks, clip>([&]<int Columns, Clip c>(int block) ETCH_LAMBDA {
          const int column = block * blocks.columns;
          add<Lines, Columns, c>(line, dy_row + column * s.filters,
                                 column * window.stride - window.before, filters, all_inside, sum);
        });
      }
    }
    ETCH_UNROLL for (int l = 0; l < Lines; ++l) {
      ETCH_UNROLL for (int kx = 0; kx < window.size; ++kx) {
        hn::Store(sum[l][kx], tag, dw + (first + l) * sizes.line_floats() + kx * conv_panel);
      }
    }
  }
};

/// How many pieces dW and db fall into that can be computed apart.
template <Conv2DSizes sizes>
inline constexpr int conv2d_weight_gradient_tiles =
    Conv2DNarrowWeightGradient<sizes>::better
        ? Conv2DNarrowWeightGradient<sizes>::pieces
        : Conv2DWeightGradient<sizes>::pieces* sizes.filter_panels() + 1;

/// Piece `piece` of dW where filters fill the lanes.
template <Conv2DSizes sizes>
HWY_INLINE void conv2d_wide_weight_gradient(const float* HWY_RESTRICT x,
                                            const float* HWY_RESTRICT dy, float* HWY_RESTRICT dw,
                                            int samples, int piece) {
  using Gradient = Conv2DWeightGradient<sizes>;
  constexpr int rest = Gradient::row_lines - (Gradient::row_groups - 1) * Gradient::lines;
  const Gradient gradient;
  const Conv2DSizes& s = gradient.s;
  const int panel = piece / Gradient::pieces * conv_panel;
  const int first_group = piece % Gradient::pieces * Gradient::piece_groups;
  const int step = Gradient::by_sample ? 1 : samples;
  const auto group_of = [&](int n, int group, int filter) ETCH_LAMBDA {
    const int in_row = group % Gradient::row_groups;
    const int first = group / Gradient::row_groups * Gradient::row_lines + in_row * Gradient::lines;
    const float* x_n = x + n * s.x_stride;
    const float* dy_n = dy + n * s.y_stride + filter;
    float* dw_panel = dw + panel / conv_panel * s.panel_floats() + filter - panel;
    if (rest == Gradient::lines || in_row < Gradient::row_groups - 1) {
      gradient.template tile<Gradient::lines>(x_n, dy_n, dw_panel, step, n == 0, first,
                                              s.filters - filter);
    } else {
      gradient.template tile<rest>(x_n, dy_n, dw_panel, step, n == 0, first, s.filters - filter);
    }
  };
  for (int n = 0; n < samples; n += step) {
    for (int group = first_group; group < first_group + Gradient::piece_groups; ++group) {
      for (int filter = panel; filter < std::min(panel + conv_panel, s.filters);
           filter += lanes_of<typename Gradient::Tag>) {
        group_of(n, group, filter);
      }
    }
  }
}

/// dW = sum over the samples of x correlated with dy, db = sum of dy; piece `piece` of them.
template <Conv2DSizes sizes>
void conv2d_weight_gradient(const float* HWY_RESTRICT x, const float* HWY_RESTRICT dy,
                            float* HWY_RESTRICT dw, float* HWY_RESTRICT db, int samples,
                            int piece) {
  if constexpr (Conv2DNarrowWeightGradient<sizes>::better) {
    Conv2DNarrowWeightGradient<sizes>()(x, dy, dw, db, samples, piece);
  } else if (piece < conv2d_weight_gradient_tiles<sizes> - 1) {
    conv2d_wide_weight_gradient<sizes>(x, dy, dw, samples, piece);
  } else {
    conv2d_bias_gradient<sizes>(dy, db, samples);
  }
}

}  // namespace etch::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
