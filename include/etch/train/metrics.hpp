#ifndef ETCH_TRAIN_METRICS_HPP
#define ETCH_TRAIN_METRICS_HPP

#include <cstddef>

namespace etch {

/// How many of some samples a model gets right; as a number, their share, 0 of none.
struct Accuracy {
  std::size_t correct = 0, samples = 0;

  constexpr operator float() const { return static_cast<float>(of(1)); }

  /// Rounded as the course's 100.0 * correct / samples: a share times 100 may print another digit.
  constexpr double percent() const { return of(100); }

  bool operator==(const Accuracy&) const = default;

 private:
  constexpr double of(double all) const {
    return samples == 0 ? 0 : all * static_cast<double>(correct) / static_cast<double>(samples);
  }
};

/// What a model makes of some samples: the mean loss, and how many of them it gets right.
struct Metrics {
  float loss = 0;
  Accuracy accuracy;

  bool operator==(const Metrics&) const = default;
};

/// The class that a model gives the highest probability, and that.
struct Prediction {
  int label = 0;
  float probability = 0;
};

}  // namespace etch

#endif
