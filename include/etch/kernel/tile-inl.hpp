// The register tile of matrix products whose sums lie along the lanes.

#if defined(ETCH_KERNEL_TILE_INL_HPP) == defined(HWY_TARGET_TOGGLE)
#ifdef ETCH_KERNEL_TILE_INL_HPP
#undef ETCH_KERNEL_TILE_INL_HPP
#else
#define ETCH_KERNEL_TILE_INL_HPP
#endif

#include <algorithm>
#include <cstring>

#include "etch/kernel/vec-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace etch::HWY_NAMESPACE {

/// A matrix as a kernel sees it: where it starts and how far its rows and columns are apart.
struct Strided {
  const float* first;
  std::ptrdiff_t row, column;

  /// Its element in every lane.
  template <class Tag>
  HWY_INLINE hn::Vec<Tag> everywhere(Tag d, int r, int c) const {
    return hn::Set(d, first[r * row + c * column]);
  }
};

/// The same, where a column is two floats that stand side by side: one for even lanes, one for odd.
struct StridedPairs {
  const float* first;
  std::ptrdiff_t row;

  template <class Tag>
  HWY_INLINE hn::Vec<Tag> everywhere(Tag d, int r, int c) const {
    double pair;
    std::memcpy(&pair, first + r * row + 2 * c, sizeof pair);
    return hn::BitCast(d, hn::Set(hn::Repartition<double, Tag>(), pair));
  }
};

/// The first lanes of a vector.
template <class Part, class Tag>
HWY_INLINE hn::Vec<Part> first_lanes([[maybe_unused]] Tag d, hn::Vec<Tag> v) {
  if constexpr (lanes_of<Part> == lanes_of<Tag>) {
    return v;
  } else {
    const hn::Half<Tag> half;
    return first_lanes<Part>(half, hn::LowerHalf(half, v));
  }
}

/// A vector of these lanes, and zero behind them.
template <class Part, class Tag>
HWY_INLINE hn::Vec<Tag> zero_behind([[maybe_unused]] Tag d, hn::Vec<Part> v) {
  if constexpr (lanes_of<Part> == lanes_of<Tag>) {
    return v;
  } else {
    return hn::ZeroExtendVector(d, zero_behind<Part>(hn::Half<Tag>(), v));
  }
}

/// Rows x Vectors of a product, held in registers while the sum runs. Of the last vectors only the
/// lanes of `Last` are summed, the others are zero.
template <class Tag, int Rows, int Vectors, class Last = Tag>
struct Tile {
  static constexpr int width = lanes_of<Tag>;
  static constexpr bool narrows = lanes_of<Last> < width;
  static constexpr int whole = narrows ? Vectors - 1 : Vectors;
  hn::Vec<Tag> sum[Rows][std::max(whole, 1)];
  hn::Vec<Last> last[narrows ? Rows : 1];

  // NEON's vectors have a constructor, and an implicit one here, of no target, cannot inline it.
  HWY_INLINE Tile() {}

  HWY_INLINE void clear() {
    ETCH_UNROLL for (int r = 0; r < Rows; ++r) {
      ETCH_UNROLL for (int v = 0; v < whole; ++v) sum[r][v] = hn::Zero(Tag());
      if constexpr (narrows) last[r] = hn::Zero(Last());
    }
  }

  /// sum[r][v] += sum over k < depth of a[r, k] * b[k, v]; b's rows are `b_row` floats apart. Two
  /// rounds at once: a loop's end costs tiles of few rounds (1024x10, data and weight gradient: 80
  /// and 92 % of peak, 76 and 87 by one).
  template <class A>
  HWY_INLINE void accumulate(A a, const float* HWY_RESTRICT b, std::ptrdiff_t b_row, int depth) {
    ETCH_UNROLL_TWICE for (int k = 0; k < depth; ++k) add_products(a, k, b + k * b_row);
  }

  /// The same, and calls `beside(k)` in between.
  template <class A, class Beside>
  HWY_INLINE void accumulate(A a, const float* HWY_RESTRICT b, std::ptrdiff_t b_row, int depth,
                             const Beside& beside) {
    for (int k = 0; k < depth; ++k) {
      beside(k);
      add_products(a, k, b + k * b_row);
    }
  }

  /// Adds to every row the vectors at `bias`.
  HWY_INLINE void add(const float* HWY_RESTRICT bias) {
    ETCH_UNROLL for (int v = 0; v < whole; ++v) {
      const auto b = hn::LoadU(Tag(), bias + v * width);
      ETCH_UNROLL for (int r = 0; r < Rows; ++r) sum[r][v] = hn::Add(sum[r][v], b);
    }
    if constexpr (narrows) {
      const auto b = hn::LoadU(Last(), bias + whole * width);
      ETCH_UNROLL for (int r = 0; r < Rows; ++r) last[r] = hn::Add(last[r], b);
    }
  }

  /// Calls `take(sum, r, v * width)` for each vector.
  template <class Take>
  HWY_INLINE void each(const Take& take) const {
    ETCH_UNROLL for (int r = 0; r < Rows; ++r) {
      ETCH_UNROLL for (int v = 0; v < whole; ++v) take(sum[r][v], r, v * width);
      if constexpr (narrows) take(zero_behind<Last>(Tag(), last[r]), r, whole * width);
    }
  }

  /// Hands each vector to a copy of `store`, which stays in registers, for `place(r, column)`.
  template <class Store, class Place>
  HWY_INLINE void give(Store& store, const Place& place) const {
    Store own = store;
    each([&](hn::Vec<Tag> v, int r, int column) ETCH_LAMBDA { own(v, place(r, column)); });
    store.join(own);
  }

  /// Stores what `finish`, which may read there, makes of row r to `c + r * c_row`.
  template <class Finish>
  HWY_INLINE void store(float* c, std::ptrdiff_t c_row, const Finish& finish) const {
    each([&](hn::Vec<Tag> v, int r, int column) ETCH_LAMBDA {
      float* to = c + r * c_row + column;
      hn::StoreU(finish(v, Tag(), to, width), Tag(), to);
    });
  }

 private:
  template <class A>
  HWY_INLINE void add_products(A a, int k, const float* HWY_RESTRICT b) {
    const Tag d;
    hn::Vec<Tag> b_k[std::max(whole, 1)];
    ETCH_UNROLL for (int v = 0; v < whole; ++v) b_k[v] = hn::LoadU(d, b + v * width);
    [[maybe_unused]] const auto b_last = hn::LoadU(Last(), b + (Vectors - 1) * width);
    ETCH_UNROLL for (int r = 0; r < Rows; ++r) {
      const auto a_rk = a.everywhere(d, r, k);
      ETCH_UNROLL for (int v = 0; v < whole; ++v) {
        sum[r][v] = hn::MulAdd(a_rk, b_k[v], sum[r][v]);
      }
      if constexpr (narrows) last[r] = hn::MulAdd(first_lanes<Last>(d, a_rk), b_last, last[r]);
    }
  }
};

}  // namespace etch::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
