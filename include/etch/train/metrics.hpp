#ifndef ETCH_TRAIN_METRICS_HPP
#define ETCH_TRAIN_METRICS_HPP

namespace etch {

/// What a model makes of some samples: the mean loss, and the share of them that it gets right.
struct Metrics {
  float loss = 0;
  float accuracy = 0;
};

/// The class that a model gives the highest probability, and that.
struct Prediction {
  int label = 0;
  float probability = 0;
};

}  // namespace etch

#endif
