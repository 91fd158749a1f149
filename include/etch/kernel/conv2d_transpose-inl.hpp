// A convolution's weights as its data gradient reads them.

#if defined(ETCH_KERNEL_CONV2D_TRANSPOSE_INL_HPP) == defined(HWY_TARGET_TOGGLE)
#ifdef ETCH_KERNEL_CONV2D_TRANSPOSE_INL_HPP
#undef ETCH_KERNEL_CONV2D_TRANSPOSE_INL_HPP
#else
#define ETCH_KERNEL_CONV2D_TRANSPOSE_INL_HPP
#endif

#include "etch/kernel/conv2d_layout.hpp"
#include "etch/kernel/loop_sizes.hpp"
#include "etch/kernel/transpose-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace etch::HWY_NAMESPACE {

/// The weights with the roles of filters and channels exchanged: to[channel panel][ky][filter][kx]
/// [16 channels].
template <Conv2DSizes sizes>
void conv2d_transpose_weights(const float* HWY_RESTRICT w, float* HWY_RESTRICT to) {
  ETCH_SPECIALISED const Conv2DSizes s = loop_sizes<sizes>();
  ETCH_SPECIALISED const int filters = s.filter_panels() * conv_panel;
  for (int f = 0; f < filters; f += lanes) {
    const float* w_panel = w + f / conv_panel * s.panel_floats() + f % conv_panel;
    for (int c = 0; c < s.channel_panels() * conv_panel; c += lanes) {
      float* to_panel =
          to +
          (std::ptrdiff_t{c / conv_panel} * sizes.rows.size * filters + f) * sizes.line_floats() +
          c % conv_panel;
      for (int ky = 0; ky < sizes.rows.size; ++ky) {
        for (int kx = 0; kx < sizes.kernel(); ++kx) {
          transpose_block<FloatTag>(
              w_panel + (ky * s.channels + c) * sizes.line_floats() + kx * conv_panel,
              sizes.line_floats(), s.channels - c,
              to_panel + ky * filters * sizes.line_floats() + kx * conv_panel, sizes.line_floats());
        }
      }
    }
  }
}

}  // namespace etch::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
