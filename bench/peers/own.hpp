// etch's side, compiled for a network: what a training step and inference run, and the network as
// the peers get it. A model's source comes before it; see model.cpp.in.

#ifndef ETCH_BENCH_PEERS_OWN_HPP
#define ETCH_BENCH_PEERS_OWN_HPP

#include <algorithm>
#include <array>
#include <type_traits>

#include "../model_source.hpp"
#include "collect.hpp"
#include "etch/bench/batch.hpp"
#include "peer.hpp"

namespace etch::peers {

using bench::BatchArrays, bench::SampleTile, bench::for_each_gradient_tile, bench::for_each_tile,
    bench::gradient_sums;

/// A step's arrays as an arena has them, for a batch. Weight gradients are summed as a training
/// step does: those that it stores by tiles of samples, whose sums are added.
template <class Net, class Step, int Batch>
class OwnPass {
 public:
  OwnPass(const Layer& layer, Pass pass, const Arrays& arrays) {
    copy_in<In>(arrays.x, batch_.x);
    copy_in<Out>(arrays.dy, batch_.dy);
    const std::vector<float>* const initial[] = {&layer.kernel, &layer.bias};
    for (std::size_t v = 0; v < variables; ++v) {
      values_[v] = Buffer(Step::variables[v].floats);
      gradients_[v] = Buffer(sums * floats_of(v));
      for (std::size_t i = 0; i < initial[v]->size(); ++i) {
        values_[v].data()[Step::place(v, i)] = (*initial[v])[i];
      }
      value_pointers_[v] = values_[v].data();
    }
    if (pass == Pass::data_gradient) run(Pass::forward);  // it may read what that left
  }

  void run(Pass pass) {
    switch (pass) {
      case Pass::forward:
        for_each_tile<Net, Step, Batch>(batch_, [&](const SampleTile& tile) {
          Here::forward(batch_.context, tile.x, value_pointers_.data(), tile.y, tile.rows);
        });
        break;
      case Pass::data_gradient:
        for_each_tile<Net, Step, Batch>(batch_, [&](const SampleTile& tile) {
          Here::data_gradient(batch_.context, tile.x, tile.y, value_pointers_.data(), tile.dy,
                              tile.dx, tile.rows);
        });
        break;
      default:
        if constexpr (variables > 0) weight_gradient();
        break;
    }
  }

  std::vector<float> result(Pass pass) const {
    if (pass == Pass::forward) return copy_out<Out>(batch_.y);
    if (pass == Pass::data_gradient) return copy_out<In>(batch_.dx);
    std::vector<float> all;
    for (std::size_t v = 0; v < variables; ++v) {
      for (std::size_t i = 0; i < Step::variables[v].size(); ++i) {
        all.push_back(gradients_[v].data()[Step::place(v, i)]);
      }
    }
    return all;
  }

 private:
  using In = typename Step::In;
  using Out = typename Step::Out;
  using Here = HWY_NAMESPACE::Passes<typename Step::Layer, In>;
  static constexpr std::size_t variables = Step::variables.size();
  static constexpr int sums = gradient_sums<Net, Step, Batch>;
  static constexpr std::size_t floats_of(std::size_t variable) {
    return round_up(Step::variables[variable].floats, cache_line);
  }

  void weight_gradient() {
    std::array<float*, variables> to;
    for (std::size_t v = 0; v < variables; ++v) to[v] = gradients_[v].data();
    for_each_gradient_tile<Net, Step, Batch>(batch_, [&](const SampleTile& tile) {
      for (int i = 0; i < Here::gradient_tiles; ++i) {
        Here::weight_gradient(batch_.context, i, tile.x, tile.dy, to.data(), tile.rows);
      }
      for (std::size_t v = 0; v < variables; ++v) to[v] += floats_of(v);
    });
    if constexpr (sums > 1) {
      for (std::size_t v = 0; v < variables; ++v) {
        HWY_NAMESPACE::sum_all({gradients_[v].data(), sums, floats_of(v)}, floats_of(v),
                               gradients_[v].data());
      }
    }
  }

  template <class Shape>
  static void copy_in(const std::vector<float>& from, Buffer& to) {
    for (std::ptrdiff_t row = 0; row < Batch; ++row) {
      std::copy_n(from.begin() + row * Shape::size, Shape::size, to.data() + row * Shape::stride);
    }
  }
  template <class Shape>
  static std::vector<float> copy_out(const Buffer& from) {
    std::vector<float> to;
    for (int row = 0; row < Batch; ++row) {
      const float* sample = from.data() + row * Shape::stride;
      to.insert(to.end(), sample, sample + Shape::size);
    }
    return to;
  }

  BatchArrays batch_ = BatchArrays::of<Step, Batch>();
  std::array<Buffer, variables> values_, gradients_;
  std::array<const float*, variables> value_pointers_;
};

/// The network at work.
template <class Net, int Batch>
class Own : public Peer {
 public:
  std::string name() const override { return "etch"; }
  std::string version() const override { return ETCH_VERSION; }

  std::optional<Work> pass(const Layer& layer, Pass pass, const Arrays& arrays) override {
    std::optional<Work> work;
    Net::for_each_step([&]<class Step>() {
      if (Step::index != layer.index) return;
      const auto own = std::make_shared<OwnPass<Net, Step, Batch>>(layer, pass, arrays);
      work = Work{.run = [own, pass] { own->run(pass); },
                  .result = [own, pass] { return own->result(pass); }};
    });
    return work;
  }

  std::optional<Work> step(const Model& model, const Samples& samples) override {
    struct State {
      State(const Model& of, const Samples& to)
          : samples(to),
            // Without dropout, whose masks could not agree.
            learner(network, {.learning_rate = of.learning_rate, .l2 = of.l2, .dropout = 0.0f}) {
        set_initial_values(of, network);
      }
      void run() {
        loss = learner.step(slice(samples, next, Batch)).loss;
        next = (next + Batch) % samples.count();
      }
      const Samples& samples;
      etch::Model<Net> network;
      Trainer<Net, Batch> learner;
      int next = 0;
      float loss = 0;
    };
    const auto state = std::make_shared<State>(model, samples);
    return Work{.run = [state] { state->run(); },
                .result = [state] { return std::vector{state->loss}; }};
  }

  std::optional<Work> classify(const Model& model, const Samples& samples) override {
    struct State {
      State(const Model& of) : evaluator(network) { set_initial_values(of, network); }
      etch::Model<Net> network;
      Evaluator<Net> evaluator;
      Accuracy accuracy;
    };
    const auto state = std::make_shared<State>(model);
    const Minibatch all = slice(samples, 0, samples.count());
    return Work{.run = [=] { state->accuracy = state->evaluator.accuracy(all); },
                .result =
                    [=] {
                      std::vector<float> probabilities;
                      for (const Prediction& best : state->evaluator.predictions(all.pictures)) {
                        probabilities.push_back(best.probability);
                      }
                      return probabilities;
                    }};
  }

  std::optional<Work> predict(const Model& model, const Samples& samples) override {
    struct State {
      State(const Model& of) { set_initial_values(of, network); }
      etch::Model<Net> network;
      typename etch::Model<Net>::Probabilities probabilities{};
    };
    const auto state = std::make_shared<State>(model);
    const std::span<const float> picture(samples.pictures.data(), Net::Input::size);
    return Work{.run = [=] { state->probabilities = state->network.predict(picture); },
                .result =
                    [=] {
                      const auto& p = state->probabilities;
                      return std::vector<float>(p.begin(), p.end());
                    }};
  }

 private:
  static void set_initial_values(const Model& from, etch::Model<Net>& to) {
    Net::for_each_step([&]<class Step>() {
      if constexpr (Step::has_variables) {
        to.template set<Step::index>("kernel", from.layers[Step::index].kernel);
        to.template set<Step::index>("bias", from.layers[Step::index].bias);
      }
    });
  }

  static Minibatch slice(const Samples& samples, int first, int count) {
    const auto from = static_cast<std::size_t>(first), of = static_cast<std::size_t>(count);
    return {Pictures(samples.pictures, Net::Input::size).slice(from, of),
            std::span(samples.labels).subspan(from, of)};
  }
};

/// The layer of a step, with its initial values.
template <class Step, class Net>
Layer layer_of(const etch::Model<Net>& model) {
  using In = typename Step::In;
  using L = typename Step::Layer;
  Layer layer{.kind = Layer::Kind::relu,
              .name = std::string(std::string_view(Step::name)),
              .index = Step::index,
              .rows = {1, 1, 1, 1, 0},
              .columns = {1, 1, 1, 1, 0},
              .channels = In::size,
              .filters = Step::Out::size,
              .flops = Step::flops};
  if (L::name == "dense") layer.kind = Layer::Kind::dense;
  if (L::name == "dropout") layer.kind = Layer::Kind::dropout;
  if constexpr (requires { L::template rows<In>; }) {
    layer.kind = L::name == "conv2d" ? Layer::Kind::conv2d : Layer::Kind::max_pool2d;
    layer.rows = L::template rows<In>;
    layer.columns = L::template columns<In>;
    layer.channels = In::channels;
    layer.filters = Step::Out::channels;
  }
  if constexpr (Step::has_variables) {
    layer.kernel = model.template get<Step::index>("kernel");
    layer.bias = model.template get<Step::index>("bias");
  }
  return layer;
}

}  // namespace etch::peers

template <class Net, int Batch, class Optimizer>
int measure(int, char**, const etch::app::Settings& settings, const Optimizer&) {
  using namespace etch;
  peers::Model model{.name = settings.name,
                     .batch = Batch,
                     .learning_rate = peers::steady_rate,
                     .l2 = settings.l2,
                     .layers = {},
                     .first_trained = Net::first_trained,
                     .etch = std::make_unique<peers::Own<Net, Batch>>()};
  const Model<Net> initial(Seed{1}, settings.initializer);
  Net::for_each_step([&]<class Step>() { model.layers.push_back(peers::layer_of<Step>(initial)); });
  peers::collect(std::move(model));
  return 0;
}

#endif
