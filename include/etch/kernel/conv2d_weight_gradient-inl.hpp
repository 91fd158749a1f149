// The weight gradient of convolutions whose filters fill the lanes, and their biases' where one
// tile sees all of dy.

#if defined(ETCH_KERNEL_CONV2D_WEIGHT_GRADIENT_INL_HPP) == defined(HWY_TARGET_TOGGLE)
#ifdef ETCH_KERNEL_CONV2D_WEIGHT_GRADIENT_INL_HPP
#undef ETCH_KERNEL_CONV2D_WEIGHT_GRADIENT_INL_HPP
#else
#define ETCH_KERNEL_CONV2D_WEIGHT_GRADIENT_INL_HPP
#endif

#include <algorithm>

#include "etch/kernel/conv2d_blocks-inl.hpp"
#include "etch/kernel/conv2d_layout.hpp"
#include "etch/kernel/loop_sizes.hpp"
#include "etch/kernel/vec-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace etch::HWY_NAMESPACE {

template <Conv2DSizes sizes>
struct Conv2DWeightGradient {
  using Tag = TagFor<sizes.filters>;
  using Lanes = hn::Vec<Tag>;
  static constexpr Tag tag{};
  ETCH_SPECIALISED const Conv2DSizes s = loop_sizes<sizes>();
  static constexpr Window window = sizes.columns;
  /// Lines whose taps are summed together; they share the loads of dy. 32 registers hold so many
  /// beside up to five columns of dy and a pixel, 16 one line after another. They belong to one row
  /// of the window, so that they are inside the picture together, unless that row has too few taps
  /// to hide the latency of an FMA (28x28x3 to 32, 3x3: 83 % of peak, 76 by three lines of a row).
  static constexpr bool one_row = sizes.channels * window.size >= 16;
  static constexpr int row_lines = one_row ? sizes.channels : sizes.lines();
  static constexpr int row_groups = ceil_div(row_lines, std::clamp(26 / window.size, 1, 8));
  static constexpr int lines = ceil_div(row_lines, row_groups);
  static constexpr int groups = sizes.lines() / row_lines * row_groups;
  /// Whether one group meets every row of dy, and sums the biases' gradient on the way: another
  /// pass takes as long as a twentieth of this one (28x28x1 to 16, 5x5).
  static constexpr bool sums_biases = groups == 1;
  /// Groups that go through the samples together, one sample at a time, so that they find it in the
  /// cache: where 16 samples would fill half of it (1 MB).
  static constexpr bool by_sample = sizes.x_stride + sizes.y_stride >= 16384;
  static constexpr int piece_groups = by_sample ? row_groups : 1;
  static constexpr int pieces = groups / piece_groups;  // of a panel
  static constexpr int spare = std::max(spare_registers(1), sums_biases ? 1 : 0);
  /// Sums in registers: where others rest meanwhile, those of a line.
  static constexpr int sums = (sums_rest<sizes> ? 1 : lines) * window.size;
  static constexpr Blocks blocks =
      balanced(window.out, std::max(registers - 1 - spare - sums, 2), 1);
  static constexpr Clip clip(int block) { return inputs_under(window, blocks, block); }

  template <int Lines>
  struct Sums {
    Lanes tap[Lines][window.size], bias;

    HWY_INLINE Sums() {}  // as Tile's
  };

  /// Adds what pixel `i` of line `l` has in common with `Columns` outputs.
  template <int Lines, int Columns>
  HWY_INLINE void add_pixel(const float* HWY_RESTRICT x, const Lanes (&gradient)[Columns], int l,
                            int i, Sums<Lines>& sum) const {
    const Lanes pixel = hn::Set(tag, *x);
    ETCH_UNROLL for (int kx = 0; kx < window.size; ++kx) {
      const int o = (i - kx) / window.stride;
      if (i >= kx && (i - kx) % window.stride == 0 && o < Columns) {
        sum.tap[l][kx] = hn::MulAdd(pixel, gradient[o], sum.tap[l][kx]);
      }
    }
  }

  /// Adds what `Columns` outputs of one row, from `dy` on, have in common with the lines under
  /// them. Where registers hold their sums, neighbours in time are products of different lines,
  /// which do not wait for each other.
  template <int Lines, int Columns, Clip c>
  HWY_INLINE void add(const float* const (&line)[Lines], const float* HWY_RESTRICT dy, int start,
                      int filters, bool all_inside, Sums<Lines>& sum) const {
    Lanes gradient[Columns];
    ETCH_UNROLL for (int o = 0; o < Columns; ++o) {
      gradient[o] = load_first(tag, dy + o * s.filters, filters);
      if (sums_biases) sum.bias = hn::Add(sum.bias, gradient[o]);
    }
    if (!sums_rest<sizes> && (one_row || all_inside)) {
      ETCH_UNROLL for (int i = c.first; i < c.end; ++i) {
        ETCH_UNROLL for (int l = 0; l < Lines; ++l) {
          add_pixel<Lines, Columns>(line[l] + (start + i) * s.channels, gradient, l, i, sum);
        }
      }
    } else {
      ETCH_UNROLL for (int l = 0; l < Lines; ++l) {
        if (!one_row && line[l] == nullptr) continue;
        ETCH_UNROLL for (int i = c.first; i < c.end; ++i) {
          add_pixel<Lines, Columns>(line[l] + (start + i) * s.channels, gradient, l, i, sum);
        }
      }
    }
  }

  /// dW of `Lines` lines from `first` on and one vector of filters, summed over `samples`: from
  /// zero on, or from what there is; and db if it is summed here.
  template <int Lines>
  HWY_INLINE void tile(const float* HWY_RESTRICT x, const float* HWY_RESTRICT dy,
                       float* HWY_RESTRICT dw, float* HWY_RESTRICT db, int samples, bool from_zero,
                       int first, int filters) const {
    Sums<Lines> sum;
    if (sums_biases) sum.bias = from_zero ? hn::Zero(tag) : hn::LoadU(tag, db);
    ETCH_UNROLL for (int l = 0; l < Lines; ++l) {
      ETCH_UNROLL for (int kx = 0; kx < window.size; ++kx) {
        const float* there = dw + (first + l) * sizes.line_floats() + kx * conv_panel;
        sum.tap[l][kx] = from_zero ? hn::Zero(tag) : hn::Load(tag, there);
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
    if (sums_biases) hn::StoreU(sum.bias, tag, db);
    ETCH_UNROLL for (int l = 0; l < Lines; ++l) {
      ETCH_UNROLL for (int kx = 0; kx < window.size; ++kx) {
        hn::Store(sum.tap[l][kx], tag, dw + (first + l) * sizes.line_floats() + kx * conv_panel);
      }
    }
  }

  /// Lines of group `group` and a vector of filters from `filter` on, over `samples` from x and dy.
  HWY_INLINE void group_of(const float* HWY_RESTRICT x, const float* HWY_RESTRICT dy,
                           float* HWY_RESTRICT dw, float* HWY_RESTRICT db, int samples,
                           bool from_zero, int group, int filter) const {
    constexpr int rest = row_lines - (row_groups - 1) * lines;
    const int in_row = group % row_groups;
    const int first = group / row_groups * row_lines + in_row * lines;
    float* to = dw + filter / conv_panel * s.panel_floats() + filter % conv_panel;
    if (rest == lines || in_row < row_groups - 1) {
      tile<lines>(x, dy + filter, to, db + filter, samples, from_zero, first, s.filters - filter);
    } else {
      tile<rest>(x, dy + filter, to, db + filter, samples, from_zero, first, s.filters - filter);
    }
  }

  /// Piece `piece` of dW, and of db where it is summed beside.
  HWY_INLINE void operator()(const float* HWY_RESTRICT x, const float* HWY_RESTRICT dy,
                             float* HWY_RESTRICT dw, float* HWY_RESTRICT db, int samples,
                             int piece) const {
    const int panel = piece / pieces * conv_panel;
    const int filters_end = std::min(panel + conv_panel, s.filters);
    const int first_group = piece % pieces * piece_groups;
    const int step = by_sample ? 1 : samples;
    for (int n = 0; n < samples; n += step) {
      for (int group = first_group; group < first_group + piece_groups; ++group) {
        for (int filter = panel; filter < filters_end; filter += lanes_of<Tag>) {
          group_of(x + n * s.x_stride, dy + n * s.y_stride, dw, db, step, n == 0, group, filter);
        }
      }
    }
  }
};

}  // namespace etch::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
