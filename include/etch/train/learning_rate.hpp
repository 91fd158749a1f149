#ifndef ETCH_TRAIN_LEARNING_RATE_HPP
#define ETCH_TRAIN_LEARNING_RATE_HPP

#include <cmath>
#include <cstdint>

namespace etch {

/// The learning rate at a step: initial * decay ^ (step / decay_steps), continuous as TensorFlow's
/// exponential_decay is without staircase. A plain number is constant.
struct LearningRate {
  float initial;
  float decay = 1;
  float decay_steps = 1;

  constexpr LearningRate(float constant) : initial(constant) {}  // NOLINT: 0.5f is a schedule
  constexpr LearningRate(float first, float factor, float steps)
      : initial(first), decay(factor), decay_steps(steps) {}

  float at(std::uint32_t step) const {
    return decay == 1 ? initial : initial * std::pow(decay, static_cast<float>(step) / decay_steps);
  }
};

}  // namespace etch

#endif
