// How the kernels of a convolution cut a row into pieces whose sums fit into the registers, or the
// L1 cache; how few filters lie across vectors, and pixels are copied for them.

#if defined(ETCH_KERNEL_CONV2D_BLOCKS_INL_HPP) == defined(HWY_TARGET_TOGGLE)
#ifdef ETCH_KERNEL_CONV2D_BLOCKS_INL_HPP
#undef ETCH_KERNEL_CONV2D_BLOCKS_INL_HPP
#else
#define ETCH_KERNEL_CONV2D_BLOCKS_INL_HPP
#endif

#include <algorithm>
#include <numeric>
#include <utility>

#include "etch/base/round.hpp"
#include "etch/kernel/conv2d_layout.hpp"
#include "etch/kernel/loop_sizes.hpp"
#include "etch/kernel/vec-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace etch::HWY_NAMESPACE {

/// Registers that a tile leaves free beside its operands: `of_32`, or none of 16.
constexpr int spare_registers(int of_32) {
  return registers == 32 ? of_32 : 0;
}

/// How a row of `total` columns falls into blocks: `columns` each, the last one what remains.
struct Blocks {
  int total, columns;

  constexpr int count() const { return ceil_div(total, columns); }
  constexpr int size(int block) const { return std::min(columns, total - block * columns); }
};

/// Blocks of at most `most` columns, as equal as multiples of `multiple` allow.
constexpr Blocks balanced(int total, int most, int multiple) {
  const int limit = std::max(most / multiple, 1) * multiple;
  return {total, round_up(ceil_div(total, ceil_div(total, limit)), multiple)};
}

/// The part [first, end) of what a block meets that lies inside the row.
struct Clip {
  int first, end;
  constexpr bool operator==(const Clip&) const = default;
};

/// The inputs under a block of places, counted from the first under it.
constexpr Clip inputs_under(const Window& window, const Blocks& blocks, int block) {
  const int start = block * blocks.columns * window.stride - window.before;
  const int end = start + (blocks.size(block) - 1) * window.stride + window.size;
  return {std::max(0, -start), std::min(end, window.in) - start};
}

/// Calls `body.template operator()<size, clip>(block)` for every block; `clip_of(block)` says what
/// the borders leave. Equal blocks in the middle are a loop at run time.
template <Blocks blocks, auto clip_of, class Body>
HWY_INLINE void for_blocks(const Body& body) {
  constexpr auto like = [](int a, int b) {
    return clip_of(a) == clip_of(b) && blocks.size(a) == blocks.size(b);
  };
  constexpr int middle = blocks.count() / 2;
  constexpr int first = [=] {
    int b = middle;
    while (b > 0 && like(b - 1, middle)) --b;
    return b;
  }();
  constexpr int end = [=] {
    int b = middle + 1;
    while (b < blocks.count() && like(b, middle)) ++b;
    return b;
  }();
  const auto one = [&]<int Block>() ETCH_LAMBDA {
    body.template operator()<blocks.size(Block), clip_of(Block)>(Block);
  };
  [&]<int... B>(std::integer_sequence<int, B...>) ETCH_LAMBDA {
    (one.template operator()<B>(), ...);
  }
  (std::make_integer_sequence<int, first>());
  for (int b = first; b < end; ++b) {
    body.template operator()<blocks.size(middle), clip_of(middle)>(b);
  }
  [&]<int... B>(std::integer_sequence<int, B...>) ETCH_LAMBDA {
    (one.template operator()<end + B>(), ...);
  }
  (std::make_integer_sequence<int, blocks.count() - end>());
}

/// The same where no border matters: `body.template operator()<size>(block)`.
template <Blocks blocks, class Body>
HWY_INLINE void for_blocks(const Body& body) {
  constexpr auto all = [](int) { return Clip{0, 0}; };
  for_blocks<blocks, all>([&]<int Size, Clip>(int block)
                              ETCH_LAMBDA { body.template operator()<Size>(block); });
}

/// Whether sums may rest in the L1 cache, where sixteen registers are few: those of a row are at
/// work one after another, while the window covers their columns. The compiler then loads and
/// stores each once for a line, which pays from two taps and five lines on (AVX2, 28x28x1 to 16,
/// 3x3: 89 % of peak, 94 without; clang 79 and 96).
template <Conv2DSizes sizes>
inline constexpr bool sums_rest = registers == 16 && sizes.kernel() >= 2 && sizes.lines() >= 5;

/// Where they do, a tile has so many that they need not wait for each other, in short rows either
/// (AVX2, 14x14x16 to 16, 5x5: 99 % of peak, 87 by ten; with stride 2 95, and 76 by seven).
inline constexpr int resting_sums = 28;

/// Sums of a tile: otherwise what fits into the registers beside a row of the window's weights and
/// a pixel.
template <Conv2DSizes sizes>
inline constexpr int conv_sums = sums_rest<sizes>
                                     ? resting_sums
                                     : std::max(registers - sizes.kernel() - 1 - spare_registers(2),
                                                4);

/// Columns of such a tile, at most. Two rows of resting sums wait less than one.
template <Conv2DSizes sizes>
inline constexpr int conv_columns = sums_rest<sizes> ? conv_sums<sizes> / 2 : conv_sums<sizes>;

/// Rows of blocks that are summed together.
template <Conv2DSizes sizes>
constexpr int conv_rows(const Blocks& blocks) {
  return std::clamp(conv_sums<sizes> / blocks.columns, 1, 4);
}

/// Numbers that lie `Count` for each column, across vectors: which of them a lane belongs to comes
/// around after so many vectors.
template <int Count>
inline constexpr int phases_of = Count / std::gcd(Count, lanes);

/// The pixels of one channel of a row, which begins at `x`, to `to` and on, behind what pads them
/// on the left; of a single channel in whole vectors, which end with zeros.
template <Conv2DSizes sizes>
HWY_INLINE void copy_line(const float* HWY_RESTRICT x, float* HWY_RESTRICT to) {
  ETCH_SPECIALISED const Conv2DSizes s = loop_sizes<sizes>();
  to += s.columns.before;
  if constexpr (sizes.channels == 1) {
    constexpr int rest = sizes.columns.in % lanes;
    int i = 0;
    for (; i + lanes <= s.columns.in; i += lanes) {
      hn::StoreU(hn::LoadU(float_tag, x + i), float_tag, to + i);
    }
    if constexpr (rest > 0) hn::StoreU(load_first(float_tag, x + i, rest), float_tag, to + i);
  } else {
    for (int i = 0; i < s.columns.in; ++i) to[i] = x[i * s.channels];
  }
}

/// Adds up the lanes that belong to the same filter, in `Vectors` vectors that go through the
/// filters again and again and are `apart` floats from each other. Writes a whole panel.
template <int Filters, int Vectors>
HWY_INLINE void sum_lanes(const float* HWY_RESTRICT from, std::ptrdiff_t apart,
                          float* HWY_RESTRICT to) {
  static_assert(Filters <= conv_panel);
  std::fill_n(to, conv_panel, 0.0f);
  for (int i = 0; i < Vectors * lanes; ++i) to[i % Filters] += from[i / lanes * apart + i % lanes];
}

}  // namespace etch::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
