#ifndef ETCH_TRAIN_EVALUATE_HPP
#define ETCH_TRAIN_EVALUATE_HPP

#include <algorithm>
#include <numeric>
#include <vector>

#include "etch/base/round.hpp"
#include "etch/base/team.hpp"
#include "etch/net/model.hpp"

namespace etch {

/// Measures a model on any number of samples. Nothing allocates after construction.
template <class Net>
class Evaluator {
 public:
  /// `model` and `team` must outlive the evaluator.
  explicit Evaluator(const Model<Net>& model, Team& team = no_team())
      : model_(model),
        team_(team),
        workspaces_(static_cast<std::size_t>(team.size())),
        correct_(static_cast<std::size_t>(team.size())) {}

  /// The share of samples whose label has the largest output; 0 of none. Throws Error where the
  /// samples do not suit the network.
  float accuracy(const Minibatch& samples) {
    const std::size_t count = samples.pictures.count();
    if (count == 0) return 0;
    Model<Net>::check(samples);
    std::fill(correct_.begin(), correct_.end(), 0);
    const std::size_t tiles = ceil_div(count, inference_rows);
    team_.run(static_cast<int>(tiles), [&](int tile, int worker) {
      correct_[static_cast<std::size_t>(worker)] +=
          correct(samples, static_cast<std::size_t>(tile) * inference_rows,
                  workspaces_[static_cast<std::size_t>(worker)]);
    });
    return static_cast<float>(std::accumulate(correct_.begin(), correct_.end(), 0.0) /
                              static_cast<double>(count));
  }

 private:
  int correct(const Minibatch& samples, std::size_t first, Workspace<Net>& workspace) const {
    const int rows =
        static_cast<int>(std::min(samples.pictures.count() - first, std::size_t{inference_rows}));
    model_.infer(samples.pictures, first, rows, workspace);
    int right = 0;
    for (int row = 0; row < rows; ++row) {
      const float* output = workspace.output(row);
      const float* best = std::max_element(output, output + Net::Output::size);
      right += best - output == samples.labels[first + static_cast<std::size_t>(row)];
    }
    return right;
  }

  const Model<Net>& model_;
  Team& team_;
  std::vector<Workspace<Net>> workspaces_;
  std::vector<int> correct_;
};

struct Evaluation {
  float accuracy;
};

/// How well `model` does on `samples`. Allocates an Evaluator's memory; keep one to avoid it.
template <class Net>
Evaluation evaluate(const Model<Net>& model, const Minibatch& samples, Team& team = no_team()) {
  return {Evaluator<Net>(model, team).accuracy(samples)};
}

}  // namespace etch

#endif
