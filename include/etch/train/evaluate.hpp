#ifndef ETCH_TRAIN_EVALUATE_HPP
#define ETCH_TRAIN_EVALUATE_HPP

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>
#include <vector>

#include "etch/base/round.hpp"
#include "etch/base/team.hpp"
#include "etch/net/model.hpp"
#include "etch/train/metrics.hpp"

namespace etch {

/// Measures a model of the network `N` on any number of samples. For accuracies nothing allocates
/// after construction.
template <class N>
class Evaluator {
  using Net = detail::checked_network<N>;

 public:
  static_assert(sizeof(detail::OutputRequirements<Net>) > 0);

  /// `model` and `team` must outlive the evaluator.
  explicit Evaluator(const Model<N>& model, Team& team = no_team())
      : model_(model),
        team_(team),
        workspaces_(static_cast<std::size_t>(team.size())),
        correct_(static_cast<std::size_t>(team.size())) {}

  /// Another network's model is refused.
  template <class Other>
  explicit Evaluator(const Model<Other>& model, Team& team = no_team())
      : Evaluator(detail::own_model<N>(model), team) {
    static_assert(sizeof(detail::ModelRequirements<N, Other>) > 0);
  }

  /// Of how many samples the label has the largest output. Throws Error where the samples do not
  /// suit the network.
  Accuracy accuracy(const Minibatch& samples) {
    if (samples.pictures.count() == 0) return {};
    Model<N>::check(samples);
    std::fill(correct_.begin(), correct_.end(), 0);
    for_each_tile(samples.pictures, [&](std::size_t first, int rows, std::size_t worker) {
      std::size_t right = 0;
      for (int row = 0; row < rows; ++row) {
        right += best(worker, row) == samples.labels[first + static_cast<std::size_t>(row)];
      }
      correct_[worker] += right;
    });
    return {std::accumulate(correct_.begin(), correct_.end(), std::size_t{0}),
            samples.pictures.count()};
  }

  /// What the model takes each picture for. Throws Error where they do not suit the network.
  std::vector<Prediction> predictions(const Pictures& pictures) {
    std::vector<Prediction> all(pictures.count());
    if (all.empty()) return all;
    Model<N>::check(pictures);
    for_each_tile(pictures, [&](std::size_t first, int rows, std::size_t worker) {
      for (int row = 0; row < rows; ++row) {
        const float* output = workspaces_[worker].output(row);
        const int label = best(worker, row);
        float sum = 0;
        for (int i = 0; i < Net::Output::size; ++i) sum += std::exp(output[i] - output[label]);
        all[first + static_cast<std::size_t>(row)] = {label, 1 / sum};
      }
    });
    return all;
  }

 private:
  /// Infers all pictures; calls `see(first, rows, worker)` when outputs of `rows` pictures are in
  /// the worker's workspace.
  template <class See>
  void for_each_tile(const Pictures& pictures, See&& see) {
    const std::size_t count = pictures.count();
    constexpr std::size_t most = inference_rows<Net>;
    team_.run(static_cast<int>(ceil_div(count, most)), [&](int tile, int thread) {
      const std::size_t first = static_cast<std::size_t>(tile) * most;
      const int rows = static_cast<int>(std::min(count - first, most));
      const auto worker = static_cast<std::size_t>(thread);
      model_.infer(pictures, first, rows, workspaces_[worker]);
      see(first, rows, worker);
    });
  }

  /// The class with the largest output, the first of equal ones.
  int best(std::size_t worker, int row) const {
    const float* output = workspaces_[worker].output(row);
    return static_cast<int>(std::max_element(output, output + Net::Output::size) - output);
  }

  const Model<N>& model_;
  Team& team_;
  std::vector<Workspace<Net>> workspaces_;
  std::vector<std::size_t> correct_;  // of each thread
};

struct Evaluation {
  Accuracy accuracy;
};

/// How well `model` does on `samples`. Allocates an Evaluator's memory; keep one to avoid it.
template <class Net>
Evaluation evaluate(const Model<Net>& model, const Minibatch& samples, Team& team = no_team()) {
  return {Evaluator<Net>(model, team).accuracy(samples)};
}

}  // namespace etch

#endif
