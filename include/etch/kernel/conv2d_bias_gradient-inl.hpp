// What the biases of a convolution gain.

#if defined(ETCH_KERNEL_CONV2D_BIAS_GRADIENT_INL_HPP) == defined(HWY_TARGET_TOGGLE)
#ifdef ETCH_KERNEL_CONV2D_BIAS_GRADIENT_INL_HPP
#undef ETCH_KERNEL_CONV2D_BIAS_GRADIENT_INL_HPP
#else
#define ETCH_KERNEL_CONV2D_BIAS_GRADIENT_INL_HPP
#endif

#include "etch/kernel/conv2d_layout.hpp"
#include "etch/kernel/loop_sizes.hpp"
#include "etch/kernel/vec-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace etch::HWY_NAMESPACE {

/// db[f] = sum of dy over samples and pixels, in four sums that do not wait for each other. `db`
/// is padded to panels.
template <Conv2DSizes sizes>
void conv2d_bias_gradient(const float* HWY_RESTRICT dy, float* HWY_RESTRICT db, int samples) {
  ETCH_SPECIALISED const Conv2DSizes s = loop_sizes<sizes>();
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

}  // namespace etch::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
