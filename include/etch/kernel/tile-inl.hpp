// The register tile that all matrix products are made of.

#if defined(ETCH_KERNEL_TILE_INL_HPP) == defined(HWY_TARGET_TOGGLE)
#ifdef ETCH_KERNEL_TILE_INL_HPP
#undef ETCH_KERNEL_TILE_INL_HPP
#else
#define ETCH_KERNEL_TILE_INL_HPP
#endif

#include "etch/kernel/vec-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace etch::HWY_NAMESPACE {

/// A matrix as a kernel sees it: where it starts and how far its rows and columns are apart.
struct Strided {
  const float* first;
  std::ptrdiff_t row, column;
};

/// Rows x Vectors of a product, held in registers while the sum runs. Eight sums hide the latency
/// of two FMA units, the rest saves loads; 24 and their operands fit into 32 registers, 28 spill.
template <class Tag, int Rows, int Vectors>
struct Tile {
  static constexpr int width = lanes_of<Tag>;
  hn::Vec<Tag> sum[Rows][Vectors];

  HWY_INLINE void clear() {
    ETCH_UNROLL for (int r = 0; r < Rows; ++r) {
      ETCH_UNROLL for (int v = 0; v < Vectors; ++v) sum[r][v] = hn::Zero(Tag());
    }
  }

  /// sum[r][v] += sum over k < depth of a[r, k] * b[k, v]; b's rows are `b_row` floats apart.
  HWY_INLINE void accumulate(Strided a, const float* HWY_RESTRICT b, std::ptrdiff_t b_row,
                             int depth) {
    const Tag d;
    for (int k = 0; k < depth; ++k) {
      hn::Vec<Tag> b_k[Vectors];
      ETCH_UNROLL for (int v = 0; v < Vectors; ++v) b_k[v] =
          hn::LoadU(d, b + k * b_row + v * width);
      ETCH_UNROLL for (int r = 0; r < Rows; ++r) {
        const auto a_rk = hn::Set(d, a.first[r * a.row + k * a.column]);
        ETCH_UNROLL for (int v = 0; v < Vectors; ++v) {
          sum[r][v] = hn::MulAdd(a_rk, b_k[v], sum[r][v]);
        }
      }
    }
  }

  /// Adds to every row the vectors at `bias`.
  HWY_INLINE void add(const float* HWY_RESTRICT bias) {
    ETCH_UNROLL for (int v = 0; v < Vectors; ++v) {
      const auto b = hn::LoadU(Tag(), bias + v * width);
      ETCH_UNROLL for (int r = 0; r < Rows; ++r) sum[r][v] = hn::Add(sum[r][v], b);
    }
  }

  /// Stores row r to `c + r * c_row`.
  HWY_INLINE void store(float* HWY_RESTRICT c, std::ptrdiff_t c_row) const {
    ETCH_UNROLL for (int r = 0; r < Rows; ++r) {
      ETCH_UNROLL for (int v = 0; v < Vectors; ++v) {
        hn::StoreU(sum[r][v], Tag(), c + r * c_row + v * width);
      }
    }
  }
};

}  // namespace etch::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
