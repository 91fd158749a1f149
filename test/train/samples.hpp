#ifndef ETCH_TEST_TRAIN_SAMPLES_HPP
#define ETCH_TEST_TRAIN_SAMPLES_HPP

// Networks to test with, and samples for them.

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "catch.hpp"
#include "laws/oracle.hpp"

namespace etch::test {

using Convolutions =
    Network<Input<14, 13, 1>, Conv2D<16, 5, Same, 2>, ReLU, MaxPool2D<2>, Conv2D<7, 3, Valid>, ReLU,
            Dropout<0.25f>, Dense<20>, ReLU, Dropout<0.5f>, Dense<10>>;
using Perceptron = Network<Input<30>, Dense<40>, ReLU, Dropout<>, Dense<33>, ReLU, Dense<10>>;
using Logistic = Network<Input<5, 5, 1>, Dense<10>>;

/// Pictures and labels for a network, the same each time.
template <class Net>
struct Samples {
  explicit Samples(std::size_t count) : values(count * Net::Input::size), labels(count) {
    const RandomStream stream{11, Purpose::shuffle, 0, 0};
    for (std::uint32_t i = 0; i < values.size(); ++i) values[i] = uniform(stream.word(i)) - 0.5f;
    for (std::uint32_t i = 0; i < count; ++i) {
      labels[i] = static_cast<std::uint8_t>(below(10, stream.word(1'000'000 + i)));
    }
  }

  operator Minibatch() const { return first(labels.size()); }
  Minibatch first(std::size_t count) const {
    return {Pictures(values, Net::Input::size).slice(0, count), std::span(labels).first(count)};
  }
  Reals sample(std::size_t i) const {
    const float* from = &values[i * Net::Input::size];
    return Reals(from, from + Net::Input::size);
  }

  std::vector<float> values;
  std::vector<std::uint8_t> labels;
};

/// Runs `body` once for each SIMD target of this processor; models made in it are for that one.
template <class Body>
void on_every_target(const Body& body) {
  for (const simd::Target& target : simd::compiled) {
    if (!simd::supports(target)) continue;
    setenv("ETCH_SIMD", std::string(target.name()).c_str(), 1);
    INFO("target " << target.name());
    body();
  }
  unsetenv("ETCH_SIMD");
}

}  // namespace etch::test

#endif
