#ifndef ETCH_TRAIN_LEARNING_RATE_HPP
#define ETCH_TRAIN_LEARNING_RATE_HPP

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numbers>

namespace etch {

/// The learning rate at a step: a highest rate times a factor that a schedule gives. A plain number
/// is constant; others are made by the functions below.
struct LearningRate {
  enum class Schedule { constant, exponential_decay, staircase_decay, cosine_decay, one_cycle };

  float highest;
  Schedule schedule = Schedule::constant;
  float decay_steps = 1;
  float decay_rate = 1;

  constexpr LearningRate(float rate) : highest(rate) {}  // NOLINT: 0.5f is a schedule
  constexpr LearningRate(float rate, Schedule kind, float steps, float decay = 1)
      : highest(rate), schedule(kind), decay_steps(steps), decay_rate(decay) {}

  float at(std::uint32_t step) const { return highest * factor(static_cast<float>(step)); }

 private:
  static float half_cosine(float from_0_to_1) {
    return (1 + std::cos(std::numbers::pi_v<float> * std::clamp(from_0_to_1, 0.0f, 1.0f))) / 2;
  }

  float factor(float step) const {
    const float done = step / decay_steps;
    switch (schedule) {
      case Schedule::constant:
        return 1;
      case Schedule::exponential_decay:
        return std::pow(decay_rate, done);
      case Schedule::staircase_decay:
        return std::pow(decay_rate, std::floor(done));
      case Schedule::cosine_decay:
        return half_cosine(done);
      case Schedule::one_cycle: {
        constexpr float rise = 0.3f, first = 1.0f / 25;
        return done < rise ? first + (1 - first) * half_cosine(1 - done / rise)
                           : half_cosine((done - rise) / (1 - rise));
      }
    }
    return 1;
  }
};

/// rate * decay_rate ^ (step / decay_steps), continuous (TensorFlow's exponential_decay).
constexpr LearningRate exponential_decay(float rate, float decay_steps, float decay_rate) {
  return {rate, LearningRate::Schedule::exponential_decay, decay_steps, decay_rate};
}

/// The same in steps, its exponent rounded down (TensorFlow's staircase=True, PyTorch's StepLR).
constexpr LearningRate staircase_decay(float rate, float decay_steps, float decay_rate) {
  return {rate, LearningRate::Schedule::staircase_decay, decay_steps, decay_rate};
}

/// Down to 0 along half a cosine in `decay_steps`, 0 from there on (Loshchilov and Hutter, SGDR;
/// TensorFlow's cosine_decay).
constexpr LearningRate cosine_decay(float rate, float decay_steps) {
  return {rate, LearningRate::Schedule::cosine_decay, decay_steps};
}

/// From rate / 25 up to the rate in three tenths of `steps`, then down to 0, both along half a
/// cosine (Smith, Super-convergence; as PyTorch's OneCycleLR, but to 0 and with a momentum that
/// stays).
constexpr LearningRate one_cycle(float rate, float steps) {
  return {rate, LearningRate::Schedule::one_cycle, steps};
}

}  // namespace etch

#endif
