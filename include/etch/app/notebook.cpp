#include "etch/app/notebook.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>

namespace etch::app {

Notebook::Notebook(std::uint32_t steps) : steps_(steps), terminal_(isatty(STDOUT_FILENO) == 1) {}

void Notebook::skipped(const Dataset& data) {
  if (data.skipped.empty()) return;
  for (const std::string& picture : data.skipped) fmt::print(stderr, "etch: {}\n", picture);
  fmt::print(stderr, "etch: pictures skipped: {}\n", data.skipped.size());
}

namespace {

template <class Print>
void for_each_part(const Dataset& data, Print print) {
  print("Training set", data.train.size());
  print("Validation set", data.validation.size());
  print("Test set", data.test.size());
}

}  // namespace

void Notebook::loaded(const Dataset& data) {
  for_each_part(data, [&](const char* part, std::size_t n) {
    fmt::print("{} ({}, {}, {}) ({},)\n", part, n, data.height, data.width, n);
  });
}

void Notebook::shapes(const Dataset& data, const std::string& picture, int classes) const {
  loaded(data);
  for_each_part(data, [&](const char* part, std::size_t n) {
    fmt::print("{} ({}, {}) ({}, {})\n", part, n, picture, n, classes);
  });
}

void Notebook::initialized() {
  fmt::print("Initialized\n");
  std::fflush(stdout);
  start_ = last_progress_ = Clock::now();
}

void Notebook::minibatch(std::uint32_t step, const Metrics& metrics) {
  erase_progress();
  fmt::print("Minibatch loss at step {}: {:.6f}\n", step, metrics.loss);
  fmt::print("Minibatch accuracy: {:.1f}%\n", metrics.accuracy.percent());
}

void Notebook::validation(const Accuracy& accuracy) {
  fmt::print("Validation accuracy: {:.1f}%\n", accuracy.percent());
  std::fflush(stdout);  // a pipe shows each report when it is made
}

void Notebook::diverged() {
  erase_progress();
  fmt::print(stderr,
             "etch: training: requires parameters that stay finite, infinity or NaN came; "
             "lower --learning-rate\n");
}

void Notebook::test(const Accuracy& accuracy) {
  erase_progress();
  fmt::print("Test accuracy: {:.1f}%\n", accuracy.percent());
}

void Notebook::progress(std::uint32_t step) {
  using namespace std::chrono_literals;
  const Clock::time_point now = Clock::now();
  if (!terminal_ || now - last_progress_ < 100ms) return;
  last_progress_ = now;
  progress_shown_ = true;
  const double rate = (step + 1) / std::chrono::duration<double>(now - start_).count();
  const auto left = static_cast<std::uint64_t>((steps_ - step - 1) / rate + 0.5);
  fmt::print("\rstep {} of {}, {:.0f} steps/s, {}:{:02} left\033[K", step + 1, steps_, rate,
             left / 60, left % 60);
  std::fflush(stdout);
}

void Notebook::erase_progress() {
  if (!progress_shown_) return;
  fmt::print("\r\033[K");
  std::fflush(stdout);  // before what standard error takes
  progress_shown_ = false;
}

}  // namespace etch::app
