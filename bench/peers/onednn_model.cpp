// Training steps and inference assembled by hand from oneDNN's primitives. What they do not do, the
// loss and SGD, is plain loops that the compiler makes vectors of.

#include <algorithm>
#include <cmath>
#include <memory>

#include "onednn_net.hpp"
#include "softmax.hpp"

namespace etch::peers::dnn {
namespace {

constexpr Tag tags[] = {Tag::any, Tag::nhwc, Tag::nchw};

/// Calls `consider(plan)` for all plans, those that have no implementation excepted.
template <class Consider>
void for_each_plan(bool weights_too, const Consider& consider) {
  for (Tag tag : tags) {
    for (bool keep_pictures : {false, true}) {
      for (bool keep_weights : {false, true}) {
        if (keep_weights && !weights_too) continue;
        try {
          consider(Plan{tag, keep_pictures, keep_weights});
        } catch (const dnnl::error& error) {
          if (error.status != dnnl_unimplemented) throw;
        }
      }
    }
  }
}

struct Training {
  Training(const Model& of, const Samples& to, const Plan& with)
      : model(of), samples(to), plan(with), net(of, of.batch, Network::Use::training, with) {}

  void run() {
    const float* logits =
        net.forward(samples.pictures.data() + std::ptrdiff_t{next} * samples.values);
    loss = softmax_cross_entropy(logits, samples.labels.data() + next, model.batch,
                                 model.layers.back().filters, net.output_gradient());
    net.backward();
    loss += model.l2 * net.update(model.learning_rate, model.l2) / 2;
    next = (next + model.batch) % samples.count();
  }

  const Model& model;
  const Samples& samples;
  Plan plan;
  Network net;
  int next = 0;
  float loss = 0;
};

/// Classifies all samples, some at a time.
struct Inference {
  Inference(const Model& model, const Samples& to, const Plan& with, int at_a_time)
      : samples(to),
        plan(with),
        batch(at_a_time),
        classes(model.layers.back().filters),
        net(model, at_a_time, Network::Use::inference, with) {}

  template <class See>
  void for_each_output(const See& see) {
    for (int first = 0; first < samples.count(); first += batch) {
      const float* logits =
          net.forward(samples.pictures.data() + std::ptrdiff_t{first} * samples.values);
      for (int row = 0; row < batch; ++row) see(first + row, logits + row * classes);
    }
  }

  void run() {
    correct = 0;
    for_each_output([&](int sample, const float* logits) {
      correct += std::max_element(logits, logits + classes) - logits ==
                 samples.labels[static_cast<std::size_t>(sample)];
    });
  }

  const Samples& samples;
  Plan plan;
  int batch, classes;
  Network net;
  int correct = 0;
};

struct Prediction {
  Prediction(const Model& model, const Samples& samples, const Plan& with)
      : picture(samples.pictures.data()),
        plan(with),
        net(model, 1, Network::Use::inference, with),
        probabilities(static_cast<std::size_t>(model.layers.back().filters)) {}

  void run() {
    softmax(net.forward(picture), static_cast<int>(probabilities.size()), probabilities.data());
  }

  const float* picture;
  Plan plan;
  Network net;
  std::vector<float> probabilities;
};

}  // namespace

Work step(const Model& model, const Samples& samples) {
  Fastest<Training> fastest;
  for_each_plan(true, [&](const Plan& plan) {
    fastest.consider(std::make_shared<Training>(model, samples, plan));
  });
  const Plan plan = fastest.best()->plan;
  const auto fresh = std::make_shared<Training>(model, samples, plan);
  return {.run = [=] { fresh->run(); },
          .result = [=] { return std::vector{fresh->loss}; },
          .implementation = plan.name() + ": " + fresh->net.implementations()};
}

Work classify(const Model& model, const Samples& samples) {
  Fastest<Inference> fastest;
  for (int batch : {16, 20, 64, 100, 256, 1000}) {
    if (samples.count() % batch != 0) continue;
    for_each_plan(false, [&](const Plan& plan) {
      fastest.consider(std::make_shared<Inference>(model, samples, plan, batch));
    });
  }
  const std::shared_ptr<Inference> best = fastest.best();
  return {.run = [=] { best->run(); },
          .result =
              [=] {
                std::vector<float> highest, p(static_cast<std::size_t>(best->classes));
                best->for_each_output([&](int, const float* logits) {
                  softmax(logits, best->classes, p.data());
                  highest.push_back(*std::max_element(p.begin(), p.end()));
                });
                return highest;
              },
          .implementation = std::to_string(best->batch) + " at a time, " + best->plan.name() +
                            ": " + best->net.implementations()};
}

Work predict(const Model& model, const Samples& samples) {
  Fastest<Prediction> fastest;
  for_each_plan(false, [&](const Plan& plan) {
    fastest.consider(std::make_shared<Prediction>(model, samples, plan));
  });
  const std::shared_ptr<Prediction> best = fastest.best();
  return {.run = [=] { best->run(); },
          .result = [=] { return best->probabilities; },
          .implementation = best->plan.name() + ": " + best->net.implementations()};
}

}  // namespace etch::peers::dnn
