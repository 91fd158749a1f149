#ifndef ETCH_TRAIN_AUGMENTATION_HPP
#define ETCH_TRAIN_AUGMENTATION_HPP

#include <cstdint>

#include "etch/base/philox.hpp"
#include "etch/kernel/warp.hpp"

namespace etch {

/// How far training pictures are moved at random, each anew at every step; validation and test
/// pictures stay as they are (Keras's RandomTranslation, RandomShear and RandomZoom). What comes in
/// from outside is -0.5, black where pictures are bytes.
struct Augmentation {
  float shift = 0;  // pixels at most, vertically and horizontally
  float slant = 0;  // columns for each row at most, to either side
  float zoom = 0;   // share of height, and of width, that is gained or lost at most

  constexpr bool any() const { return shift != 0 || slant != 0 || zoom != 0; }

  /// What happens to sample `sample` of a batch at a step.
  constexpr Warp draw(std::uint64_t seed, std::uint32_t step, std::uint32_t sample) const {
    const RandomStream stream{seed, Purpose::augmentation, 0, step};
    const auto within = [&](float most, std::uint32_t i) {
      return most * (2 * uniform(stream.word(i, sample)) - 1);
    };
    return {.zoom_y = 1 + within(zoom, 0),
            .zoom_x = 1 + within(zoom, 1),
            .slant = within(slant, 2),
            .shift_y = within(shift, 3),
            .shift_x = within(shift, 4)};
  }
};

}  // namespace etch

#endif
