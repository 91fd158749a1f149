// What the biases of a convolution gain.

#if defined(ETCH_KERNEL_CONV2D_BIAS_GRADIENT_INL_HPP) == defined(HWY_TARGET_TOGGLE)
#ifdef ETCH_KERNEL_CONV2D_BIAS_GRADIENT_INL_HPP
#undef ETCH_KERNEL_CONV2D_BIAS_GRADIENT_INL_HPP
#else
#define ETCH_KERNEL_CONV2D_BIAS_GRADIENT_INL_HPP
#endif

#include <algorithm>

#include "etch/base/round.hpp"
#include "etch/kernel/conv2d_blocks-inl.hpp"
#include "etch/kernel/conv2d_layout.hpp"
#include "etch/kernel/loop_sizes.hpp"
#include "etch/kernel/vec-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace etch::HWY_NAMESPACE {

/// db[f] = sum of dy over samples and pixels. `db` is padded to panels. Few filters lie across the
/// vectors: which one a lane belongs to comes around after `phases` of them, and lanes are added up
/// at the end. A load for each pixel took 23 us more (28x28x6, 64 samples).
template <Conv2DSizes sizes>
struct Conv2DBiasGradient {
  ETCH_SPECIALISED const Conv2DSizes s = loop_sizes<sizes>();
  static constexpr int filters = sizes.filters;
  static constexpr int phases = phases_of<filters>;
  /// Four sums or more, which do not wait for each other.
  static constexpr int vectors = round_up(4, phases);
  static constexpr bool across = filters <= conv_panel && phases <= 8;

  HWY_INLINE void sum_across(const float* HWY_RESTRICT dy, float* HWY_RESTRICT db,
                             int samples) const {
    ETCH_SPECIALISED const int floats = s.rows.out * s.columns.out * filters;
    Vec sum[vectors];
    ETCH_UNROLL for (int p = 0; p < vectors; ++p) sum[p] = hn::Zero(float_tag);
    for (int n = 0; n < samples; ++n) {
      const float* from = dy + n * s.y_stride;
      int i = 0;
      for (; i + vectors * lanes <= floats; i += vectors * lanes) {
        ETCH_UNROLL for (int p = 0; p < vectors; ++p) {
          sum[p] = hn::Add(sum[p], hn::LoadU(float_tag, from + i + p * lanes));
        }
      }
      ETCH_UNROLL for (int p = 0; p < vectors; ++p) {
        const int left = std::max(floats - i - p * lanes, 0);
        sum[p] = hn::Add(sum[p], load_first(float_tag, from + i + p * lanes, left));
      }
    }
    alignas(64) float all[vectors][lanes];
    ETCH_UNROLL for (int p = 0; p < vectors; ++p) hn::Store(sum[p], float_tag, all[p]);
    sum_lanes<filters, vectors>(all[0], lanes, db);
  }

  /// A vector of filters after the other, in four sums.
  HWY_INLINE void sum_panels(const float* HWY_RESTRICT dy, float* HWY_RESTRICT db,
                             int samples) const {
    constexpr int sums = 4;
    for (int filter = 0; filter < s.filters; filter += lanes) {
      Vec sum[sums];
      ETCH_UNROLL for (int i = 0; i < sums; ++i) sum[i] = hn::Zero(float_tag);
      const auto add = [&](const float* from, int i) ETCH_LAMBDA {
        sum[i] = hn::Add(sum[i], load_first(float_tag, from, s.filters - filter));
      };
      for (int n = 0; n < samples; ++n) {
        const float* from = dy + n * s.y_stride + filter;
        int left = s.rows.out * s.columns.out;
        for (; left >= sums; left -= sums) {
          ETCH_UNROLL for (int i = 0; i < sums; ++i, from += s.filters) add(from, i);
        }
        for (; left > 0; --left, from += s.filters) add(from, 0);
      }
      ETCH_UNROLL for (int apart = sums / 2; apart > 0; apart /= 2) {
        ETCH_UNROLL for (int i = 0; i < sums / 2; ++i) {
          if (i < apart) sum[i] = hn::Add(sum[i], sum[i + apart]);
        }
      }
      hn::StoreU(sum[0], float_tag, db + filter);
    }
  }
};

template <Conv2DSizes sizes>
void conv2d_bias_gradient(const float* HWY_RESTRICT dy, float* HWY_RESTRICT db, int samples) {
  const Conv2DBiasGradient<sizes> gradient;
  if constexpr (Conv2DBiasGradient<sizes>::across) {
    gradient.sum_across(dy, db, samples);
  } else {
    gradient.sum_panels(dy, db, samples);
  }
}

}  // namespace etch::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
