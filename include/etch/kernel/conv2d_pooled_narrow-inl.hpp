// The weight gradient of a convolution from few channels, behind which a pooling selects.

#if defined(ETCH_KERNEL_CONV2D_POOLED_NARROW_INL_HPP) == defined(HWY_TARGET_TOGGLE)
#ifdef ETCH_KERNEL_CONV2D_POOLED_NARROW_INL_HPP
#undef ETCH_KERNEL_CONV2D_POOLED_NARROW_INL_HPP
#else
#define ETCH_KERNEL_CONV2D_POOLED_NARROW_INL_HPP
#endif

#include <algorithm>
#include <cstdint>
#include <type_traits>

#include "etch/kernel/conv2d_blocks-inl.hpp"
#include "etch/kernel/conv2d_pooled_layout.hpp"
#include "etch/kernel/loop_sizes.hpp"
#include "etch/kernel/vec-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace etch::HWY_NAMESPACE {

/// Vectors of a run.
template <Conv2DPooledSizes sizes>
inline constexpr int run_vectors = ceil_div(sizes.run(), lanes_of<TagFor<sizes.run()>>);

/// The lanes are filters, of one window of the pooling or of two beside each other. Each has its
/// own pixel: a table of two rows of pixels has all that a window's filters may have selected, and
/// a shuffle takes them, at the next place for the next tap. Some rows of taps are summed in
/// registers; their rows of tables wait in the L1 cache, in a ring, until the window has passed.
template <Conv2DPooledSizes sizes>
struct Conv2DPooledNarrowWeightGradient {
  ETCH_SPECIALISED const Conv2DPooledSizes s = loop_sizes<sizes>();
  static constexpr int filters = sizes.conv.filters, taps = sizes.conv.kernel();
  static constexpr bool two_windows = 2 * channel_lanes(filters) == lanes;
  static constexpr int together = two_windows ? 2 : 1;
  using Tag = std::conditional_t<two_windows, FloatTag, TagFor<filters>>;
  using Lanes = hn::Vec<Tag>;
  using Ints = hn::RebindToSigned<Tag>;
  static constexpr Tag tag{};
  static constexpr Ints ints{};
  static constexpr int width = lanes_of<Tag>, half = width / 2;
  /// Vectors of windows in a row of them.
  static constexpr int across = ceil_div(sizes.pool.columns.out, together);

  /// Rows of taps in registers, beside what is taken from their pixels, the gradients and the
  /// places.
  static constexpr Blocks rows = balanced(sizes.conv.rows.size, (registers - 5) / taps, 1);

  /// Where two rows of pixels, under all places and taps of the windows, are in a vector, rows of
  /// such tables in the L1 cache, and fewer vectors are multiplied than runs have, of which most
  /// cross cache lines (28x28x1 to 16, 5x5, 16 samples: 46 µs, 67 by runs; 14x14x6 to 16, 3x3: 25,
  /// 40; 14x14x13 to 20, 3x3, where they are more: 108, 74). Runs of whole half vectors cross fewer
  /// (28x28x8 to 16, 3x3: 168, 132).
  static constexpr bool better = sizes.pool.rows.size == 2 && sizes.pool.columns.size == 2 &&
                                 sizes.conv.rows.stride == 1 && sizes.conv.columns.stride == 1 &&
                                 taps + 1 + (together - 1) * sizes.pool.columns.stride <= half &&
                                 rows.columns * across * width <= 6144 &&
                                 sizes.conv.channels % 8 != 0 &&
                                 sizes.conv.channels * taps * ceil_div(filters, width) <
                                     together * filters * run_vectors<sizes>;

  /// `load` of what one window has at `from`, or of that and what the next has, `apart` from it;
  /// zero where there is none.
  template <class T, class Load>
  static HWY_INLINE auto of_windows(const T* from, std::ptrdiff_t apart, bool next,
                                    const Load& load) {
    if constexpr (two_windows) {
      const auto first = load(from);
      const hn::DFromV<decltype(first)> d;
      return hn::Combine(hn::Twice<decltype(d)>(), next ? load(from + apart) : hn::Zero(d), first);
    } else {
      return load(from);
    }
  }

  /// For each vector of windows the gradients of `count` filters, and where in their table the
  /// pixels of the first tap are.
  HWY_INLINE void gather(const std::uint8_t* HWY_RESTRICT numbers, const float* HWY_RESTRICT dy,
                         int count, float* HWY_RESTRICT gradients,
                         std::int32_t* HWY_RESTRICT places) const {
    using Some = std::conditional_t<two_windows, hn::Half<Tag>, Tag>;
    using SomeInts = hn::RebindToSigned<Some>;
    const auto none = hn::Zero(ints), apart = hn::Set(ints, s.pool.columns.stride);
    const auto of_next = two_windows ? hn::ConcatUpperLower(ints, apart, none) : none;
    for (int py = 0; py < s.pool.rows.out; ++py) {
      for (int px = 0; px < s.pool.columns.out; px += together) {
        const std::ptrdiff_t window = std::ptrdiff_t{py} * s.pool.columns.out + px;
        const bool next = px + 1 < s.pool.columns.out;
        const auto gradient = of_windows(
            dy + window * s.conv.filters, s.conv.filters, next,
            [&](const float* from) ETCH_LAMBDA { return load_first(Some(), from, count); });
        const auto number =
            of_windows(numbers + window * channel_lanes(s.conv.filters), channel_lanes(filters),
                       next, [](const std::uint8_t* from) ETCH_LAMBDA {
                         const hn::Rebind<std::uint8_t, SomeInts> bytes;
                         return hn::PromoteTo(SomeInts(), hn::LoadU(bytes, from));
                       });
        const auto row = hn::And(number, hn::Set(ints, 2)),
                   column = hn::And(number, hn::Set(ints, 1));
        hn::Store(gradient, tag, gradients);
        const auto of_row = hn::ShiftLeft<half / 4>(row);  // from 2 to half, which is at most 8
        hn::Store(hn::Add(hn::Add(of_row, column), of_next), ints, places);
        gradients += width;
        places += width;
      }
    }
  }

  /// The tables of row `row` of `plane`: for each vector of windows pixels of it and of the next.
  HWY_INLINE void fill_tables(const float* HWY_RESTRICT plane, int row,
                              float* HWY_RESTRICT tables) const {
    const hn::Half<Tag> d;
    const float* from = plane + std::ptrdiff_t{row} * s.line();
    for (int i = 0; i < across; ++i, from += together * s.pool.columns.stride) {
      const auto pixels = hn::Combine(tag, hn::LoadU(d, from + s.line()), hn::LoadU(d, from));
      hn::Store(pixels, tag, tables + i * width);
    }
  }

  /// Adds to `Rows` rows of taps at `dw` what the gradients have in common with the pixels they
  /// belong to in `plane`.
  template <int Rows>
  HWY_NOINLINE void tile(const float* HWY_RESTRICT plane, const float* HWY_RESTRICT gradients,
                         const std::int32_t* HWY_RESTRICT places, float* HWY_RESTRICT dw) const {
    alignas(64) float tables[Rows][across * width];
    Lanes sum[Rows][taps];
    const auto each = [&](const auto& f) ETCH_LAMBDA {
      ETCH_UNROLL for (int r = 0; r < Rows; ++r) {
        ETCH_UNROLL for (int kx = 0; kx < taps; ++kx) {
          f(sum[r][kx], dw + (r * s.conv.channels * taps + kx) * conv_panel);
        }
      }
    };
    each([](Lanes& sums, const float* there) ETCH_LAMBDA { sums = hn::LoadU(tag, there); });
    int filled = 0;
    for (int py = 0; py < s.pool.rows.out; ++py) {
      const int top = py * s.pool.rows.stride;
      for (filled = std::max(filled, top); filled < top + Rows; ++filled) {
        fill_tables(plane, filled, tables[filled % Rows]);
      }
      const float* table[Rows];
      ETCH_UNROLL for (int r = 0; r < Rows; ++r) table[r] = tables[(top + r) % Rows];
      for (int i = 0; i < across * width; i += width, gradients += width, places += width) {
        const Lanes gradient = hn::Load(tag, gradients);
        auto place = hn::Load(ints, places);
        ETCH_UNROLL for (int kx = 0; kx < taps; ++kx) {
          const auto taken = hn::IndicesFromVec(tag, place);
          ETCH_UNROLL for (int r = 0; r < Rows; ++r) {
            const Lanes pixels = hn::TableLookupLanes(hn::Load(tag, table[r] + i), taken);
            sum[r][kx] = hn::MulAdd(pixels, gradient, sum[r][kx]);
          }
          place = hn::Add(place, hn::Set(ints, 1));
        }
      }
    }
    each([](Lanes& sums, float* there) ETCH_LAMBDA { hn::StoreU(sums, tag, there); });
  }

  /// A channel of a sample at `x` between its borders.
  HWY_INLINE void copy_plane(const float* HWY_RESTRICT x, float* HWY_RESTRICT plane) const {
    for (int row = 0; row < s.conv.rows.in; ++row) {
      copy_line<sizes.conv>(x + std::ptrdiff_t{row} * s.conv.columns.in * s.conv.channels,
                            plane + std::ptrdiff_t{s.conv.rows.before + row} * s.line());
    }
  }

  /// Adds the second window's sums to the first's, and leaves zeros in their place.
  HWY_INLINE void add_windows(float* HWY_RESTRICT dw) const {
    const hn::Half<Tag> d;
    for (std::size_t i = 0; i < s.conv.weights(); i += conv_panel) {
      hn::Store(hn::Add(hn::Load(d, dw + i), hn::Load(d, dw + i + half)), d, dw + i);
      hn::Store(hn::Zero(d), d, dw + i + half);
    }
  }

  HWY_INLINE void operator()(const float* HWY_RESTRICT x, const std::uint8_t* HWY_RESTRICT numbers,
                             const float* HWY_RESTRICT dy, float* HWY_RESTRICT dw, int samples,
                             float* HWY_RESTRICT scratch) const {
    float *plane = scratch, *gradients = plane + s.plane();
    auto* places = reinterpret_cast<std::int32_t*>(gradients + s.windows());
    std::fill_n(dw, s.conv.weights(), 0.0f);
    std::fill_n(plane, s.plane(), 0.0f);
    for (int n = 0; n < samples; ++n) {
      for (int filter = 0; filter < s.conv.filters; filter += width) {
        gather(numbers + n * s.number_stride() + filter, dy + n * s.dy_stride + filter,
               s.conv.filters - filter, gradients, places);
        for (int channel = 0; channel < s.conv.channels; ++channel) {
          copy_plane(x + n * s.conv.x_stride + channel, plane);
          for_blocks<rows>([&]<int Rows>(int block) ETCH_LAMBDA {
            const int ky = block * rows.columns;
            tile<Rows>(plane + ky * s.line(), gradients, places,
                       dw + s.conv.place(ky, 0, channel, filter));
          });
        }
      }
    }
    if constexpr (two_windows) add_windows(dw);
  }
};

}  // namespace etch::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
