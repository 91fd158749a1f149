#ifndef ETCH_NET_PASS_TIMES_HPP
#define ETCH_NET_PASS_TIMES_HPP

#include <array>
#include <chrono>
#include <cstddef>

namespace etch {

/// Where one thread's time went while it trained a network: each pass of each layer, and what a
/// step does besides. Where one part ends the next begins, so that a part costs one reading of the
/// clock, some 25 ns.
template <class Net>
class alignas(64) PassTimes {  // threads do not share cache lines
 public:
  using Clock = std::chrono::steady_clock;
  using Time = Clock::duration;

  struct Layer {
    Time forward{}, data_gradient{}, weight_gradient{};
  };

  std::array<Layer, Net::size> layers{};  // by the layer's index
  Time input{}, loss{}, update{};

  /// From now on time counts.
  void start() { last_ = Clock::now(); }

  /// What has passed since the last call belongs to `part`, one of the above.
  void lap(Time& part) {
    const Clock::time_point now = Clock::now();
    part += now - last_;
    last_ = now;
  }

  PassTimes& operator+=(const PassTimes& other) {
    input += other.input;
    loss += other.loss;
    update += other.update;
    for (std::size_t i = 0; i < Net::size; ++i) {
      layers[i].forward += other.layers[i].forward;
      layers[i].data_gradient += other.layers[i].data_gradient;
      layers[i].weight_gradient += other.layers[i].weight_gradient;
    }
    return *this;
  }

 private:
  Clock::time_point last_{};
};

}  // namespace etch

#endif
