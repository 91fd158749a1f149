#ifndef ETCH_APP_NOTEBOOK_HPP
#define ETCH_APP_NOTEBOOK_HPP

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

#include "etch/io/dataset.hpp"
#include "etch/train/metrics.hpp"

namespace etch::app {

/// Prints what the course's notebooks print, line for line, on standard output. Where that is a
/// terminal, a line below says how far the training is, how fast, and how long it will take.
class Notebook {
 public:
  explicit Notebook(std::uint32_t steps);

  /// An error's line, too, finds no progress in its way.
  ~Notebook() { erase_progress(); }
  Notebook(const Notebook&) = delete;
  Notebook& operator=(const Notebook&) = delete;

  /// Names the pictures that could not be used, on standard error.
  static void skipped(const Dataset& data);

  /// The shapes of the three parts as loaded.
  static void loaded(const Dataset& data);

  /// These, and those that the network reads: each picture as
  /// `picture`, such as "28, 28, 1" or "784", its label as one of `classes`.
  void shapes(const Dataset& data, const std::string& picture, int classes) const;

  void initialized();
  void minibatch(std::uint32_t step, const Metrics& metrics);
  void validation(const Accuracy& accuracy);
  void test(const Accuracy& accuracy);

  /// Says, beside the notebook's lines, that training left parameters that are not finite.
  void diverged();

  /// Shows the progress line anew, if it has not been for a tenth of a second.
  void progress(std::uint32_t step);

 private:
  using Clock = std::chrono::steady_clock;

  void erase_progress();

  std::uint32_t steps_;
  bool terminal_;
  bool progress_shown_ = false;
  Clock::time_point start_ = Clock::now(), last_progress_ = start_;
};

}  // namespace etch::app

#endif
