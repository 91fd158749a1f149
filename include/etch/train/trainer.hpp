#ifndef ETCH_TRAIN_TRAINER_HPP
#define ETCH_TRAIN_TRAINER_HPP

#include <chrono>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <optional>
#include <span>
#include <string>

#include "etch/net/model.hpp"
#include "etch/train/adam-inl.hpp"
#include "etch/train/augmentation.hpp"
#include "etch/train/learning_rate.hpp"
#include "etch/train/metrics.hpp"
#include "etch/train/momentum-inl.hpp"
#include "etch/train/profile.hpp"
#include "etch/train/sgd-inl.hpp"
#include "etch/train/step-inl.hpp"

namespace etch {

// What a trainer requires, by name: see layer/requirements.hpp. A network without layers has had
// its error.

template <class Net>
struct has_parameters {
  static constexpr bool value = Net::size == 0 || Net::parameters > 0;
};

template <class Net, class Output>
struct has_label_for_each {
  static constexpr bool value = Output::rank != 1 || Output::size <= 256;
};

/// Trains a model of the network `N` on minibatches of up to `B` samples, for which its memory is
/// laid out, by the optimiser `O`. With the model it takes N::training_bytes<B, O> on the heap, for
/// a team of one and without a profile; nothing allocates after construction.
template <class N, int B, class O = SGD>
class Trainer {
  using Net = detail::checked_network<N>;
  static constexpr int Batch = detail::checked_batch<Net, B>;
  using Optimizer = detail::checked_optimizer<O>;

 public:
  static_assert(has_parameters<Net>::value,
                "etch: Trainer: requires a network with parameters, one without came; add a "
                "layer such as Dense<10>");
  static_assert(sizeof(detail::OutputRequirements<Net>) > 0);
  static_assert(has_label_for_each<Net, typename Net::Output>::value,
                "etch: Trainer: requires at most 256 outputs, because labels are bytes, more came; "
                "end the network with fewer classes");

  struct Options {
    LearningRate learning_rate = 0.01f;
    float l2 = 0;            // strength of half the sum of squared weights in the loss
    float weight_decay = 0;  // share of weights, times the rate, that each step takes; no biases
    std::optional<float> dropout = std::nullopt;  // rate of all Dropout layers, for their own
    Augmentation augmentation = {};               // of training pictures
    Optimizer optimizer = {};
    bool profile = false;  // whether profile() is to know where the time goes
  };

  /// `model` and `team` must outlive the trainer; without a team it works alone.
  Trainer(Model<N>& model, const Options& options, Team& team = no_team())
      : model_(model), options_(options), team_(team), state_(team.size(), options.profile) {
    check(options);
  }

  /// Another network's model is refused.
  template <class Other>
  Trainer(Model<Other>& model, const Options& options, Team& team = no_team())
      : Trainer(detail::own_model<N>(model), options, team) {
    static_assert(sizeof(detail::ModelRequirements<N, Other>) > 0);
  }

  /// Learns from a minibatch. The metrics are those before it, with dropout and the L2 term.
  /// Throws Error where the minibatch does not suit the network.
  Metrics step(const Minibatch& minibatch) {
    check(minibatch);
    state_.timed = options_.profile && step_ % Profile<Net>::every == 0;
    const auto start = state_.timed ? Clock::now() : Clock::time_point();
    const UpdateContext update{.rate = options_.learning_rate.at(step_),
                               .l2 = options_.l2,
                               .weight_decay = options_.weight_decay,
                               .step = step_};
    ETCH_DISPATCH(model_.target().id, train_step<Net, Batch, Optimizer>)
    (model_.parameters().data(), minibatch, options_.augmentation, context(), options_.optimizer,
     update, state_, team_);
    Metrics found = metrics(minibatch.pictures.count());
    const auto sums = state_.squares.span();
    const double squares = std::accumulate(sums.begin(), sums.end(), 0.0);
    // Zero times squares that overflow would be NaN.
    if (options_.l2 > 0) found.loss += static_cast<float>(options_.l2 * squares / 2);
    ++step_;
    if (state_.timed) {
      steps_time_ += Clock::now() - start;
      ++timed_steps_;
      state_.timed = false;
    }
    return found;
  }

  /// Computes the gradients of the mean loss, without L2 and without learning; they lie as the
  /// model's parameters do, see Model::read; what pads those may be left as it is. Throws Error
  /// where there are not as many.
  Metrics compute_gradients(const Minibatch& minibatch, std::span<float> gradients) {
    check(minibatch);
    if (gradients.size() != State::parameters) {
      throw Error("gradients", "requires " + std::to_string(State::parameters) + " floats, " +
                                   std::to_string(gradients.size()) +
                                   " came; take as many as Model::parameters() has");
    }
    ETCH_DISPATCH(model_.target().id, compute_gradients<Net, Batch, Optimizer>)
    (model_.parameters().data(), minibatch, options_.augmentation, context(), state_,
     gradients.data(), team_);
    return metrics(minibatch.pictures.count());
  }

  /// Steps done.
  std::uint32_t steps() const { return step_; }

  /// Where the time of those went that were timed; all zero without Options::profile.
  Profile<Net> profile() const {
    Profile<Net> sum{
        .passes = {}, .steps_time = steps_time_, .steps = timed_steps_, .threads = team_.size()};
    for (const PassTimes<Net>& thread : state_.times) sum.passes += thread;
    return sum;
  }

 private:
  using Clock = std::chrono::steady_clock;
  using State = StepState<Net, Batch, Optimizer>;

  Context context() const {
    return {
        .training = true, .dropout_rate = options_.dropout, .seed = model_.seed(), .step = step_};
  }

  /// Of the minibatch of `count` samples that went through last, without L2.
  Metrics metrics(std::size_t count) const {
    const auto end = static_cast<std::ptrdiff_t>(count);
    const float* losses = state_.losses.data();
    const double loss = std::accumulate(losses, losses + end, 0.0);
    const auto correct =
        std::accumulate(state_.correct.begin(), state_.correct.begin() + end, std::size_t{0});
    return {static_cast<float>(loss / static_cast<double>(count)), {correct, count}};
  }

  static void check(const Options& options) {
    const auto refuse = [](const char* option, const char* required, float came) {
      throw Error(std::string("trainer: ") + option, std::string("requires ") + required + ", " +
                                                         std::to_string(came) +
                                                         " came; see Trainer::Options");
    };
    const auto sane = [](float value) { return value >= 0 && std::isfinite(value); };
    const LearningRate& rate = options.learning_rate;
    if (!sane(rate.highest)) refuse("learning_rate", "a rate of at least 0", rate.highest);
    if (!(rate.decay_rate > 0)) refuse("learning_rate", "a decay above 0", rate.decay_rate);
    if (!(rate.decay_steps > 0)) refuse("learning_rate", "steps above 0", rate.decay_steps);
    if (!sane(options.l2)) refuse("l2", "a strength of at least 0", options.l2);
    const float decay = options.weight_decay;
    if (!sane(decay)) refuse("weight_decay", "a share of at least 0", decay);
    const float dropout = options.dropout.value_or(0);
    if (!(dropout >= 0 && dropout < 1)) refuse("dropout", "a rate from 0 to below 1", dropout);
    const Augmentation& warps = options.augmentation;
    if (!sane(warps.shift)) refuse("augmentation.shift", "at least 0 pixels", warps.shift);
    if (!sane(warps.slant)) refuse("augmentation.slant", "a slant of at least 0", warps.slant);
    if (!(warps.zoom >= 0 && warps.zoom < 1)) {
      refuse("augmentation.zoom", "a share from 0 to below 1", warps.zoom);
    }
    if (!options.optimizer.sensible()) {
      throw Error("trainer: optimizer",
                  "requires numbers that it can work with, others came; see "
                  "the struct of the optimizer");
    }
    if (warps.any() && !Net::Input::is_picture) {
      throw Error("trainer: augmentation",
                  "requires a network that reads pictures, one that reads vectors came; begin it "
                  "with Input<height, width, channels>");
    }
  }

  static void check(const Minibatch& minibatch) {
    Model<N>::check(minibatch);
    const std::size_t count = minibatch.pictures.count();
    if (count < 1 || count > std::size_t{Batch}) {
      throw Error("minibatch", "requires 1 to " + std::to_string(Batch) + " samples, " +
                                   std::to_string(count) +
                                   " came; change the trainer's batch, or the minibatch");
    }
  }

  Model<N>& model_;
  Options options_;
  Team& team_;
  State state_;
  std::uint32_t step_ = 0;
  std::uint32_t timed_steps_ = 0;
  Clock::duration steps_time_{};
};

}  // namespace etch

#endif
