#ifndef ETCH_APP_LOG_HPP
#define ETCH_APP_LOG_HPP

#include <cstdint>
#include <filesystem>
#include <string>

#include "etch/io/file.hpp"
#include "etch/train/metrics.hpp"

namespace etch::app {

/// Writes a line of CSV for each report, at full precision; each is in the file at once.
class Log {
 public:
  /// Without a path nothing is written. Throws Error where nothing can be.
  explicit Log(const std::filesystem::path& path);

  /// Where the system refuses, as when the disk is full, that is kept for finish(): training goes
  /// on, so that it is not lost too.
  void write(std::uint32_t step, const Metrics& minibatch, const Accuracy& validation);

  /// Throws Error unless all is written.
  void finish() const;

 private:
  void flush();

  std::filesystem::path path_;
  std::string trouble_;
  detail::File file_;
};

}  // namespace etch::app

#endif
