#ifndef ETCH_TRAIN_FIT_HPP
#define ETCH_TRAIN_FIT_HPP

#include <cstdint>

#include "etch/train/trainer.hpp"

namespace etch {

/// The training loop, until the trainer has done `steps` in all: `minibatch(step)` is learnt from,
/// and `observe(step, metrics)` sees what came of it, when the parameters have moved; the metrics
/// are those before.
template <class Trainer, class Next, class Observer>
void fit(Trainer& trainer, std::uint32_t steps, Next&& minibatch, Observer&& observe) {
  while (trainer.steps() < steps) {
    const std::uint32_t step = trainer.steps();
    const Metrics metrics = trainer.step(minibatch(step));
    observe(step, metrics);
  }
}

}  // namespace etch

#endif
