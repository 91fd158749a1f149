// The weight gradient of convolutions with a window of one pixel, which is a product of matrices.

#if defined(ETCH_KERNEL_CONV2D_POINTWISE_INL_HPP) == defined(HWY_TARGET_TOGGLE)
#ifdef ETCH_KERNEL_CONV2D_POINTWISE_INL_HPP
#undef ETCH_KERNEL_CONV2D_POINTWISE_INL_HPP
#else
#define ETCH_KERNEL_CONV2D_POINTWISE_INL_HPP
#endif

#include "etch/kernel/conv2d_layout.hpp"
#include "etch/kernel/dense_blocks-inl.hpp"
#include "etch/kernel/loop_sizes.hpp"
#include "etch/kernel/tile-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace etch::HWY_NAMESPACE {

/// dW = x^T dy over all pixels of all samples: each number that is broadcast meets two vectors of
/// filters, where a window's taps would meet one (14x14x64 to 256: 83 % of peak, 58 so).
template <Conv2DSizes sizes>
struct Conv2DPointwiseWeightGradient {
  ETCH_SPECIALISED const Conv2DSizes s = loop_sizes<sizes>();
  static constexpr bool fits = sizes.rows.size == 1 && sizes.rows.stride == 1 &&
                               sizes.columns.size == 1 && sizes.columns.stride == 1 &&
                               sizes.filters % lanes == 0;

  HWY_INLINE void operator()(const float* HWY_RESTRICT x, const float* HWY_RESTRICT dy,
                             float* HWY_RESTRICT dw, int samples) const {
    for_column_groups<sizes.filters, 2>([&](auto vectors, int filter) ETCH_LAMBDA {
      for_row_tiles<dense_sums / vectors>(
          Int<sizes.channels>(), [&](auto tile_rows, int channel) ETCH_LAMBDA {
            Tile<FloatTag, tile_rows, vectors> tile;
            tile.clear();
            for (int n = 0; n < samples; ++n) {
              tile.accumulate(Strided{x + n * s.x_stride + channel, 1, s.channels},
                              dy + n * s.y_stride + filter, s.filters, s.rows.out * s.columns.out);
            }
            tile.each([&](Vec sum, int r, int column) ETCH_LAMBDA {
              hn::Store(sum, float_tag, dw + s.place(0, 0, channel + r, filter + column));
            });
          });
    });
  }
};

}  // namespace etch::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
