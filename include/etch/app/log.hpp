#ifndef ETCH_APP_LOG_HPP
#define ETCH_APP_LOG_HPP

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>

#include "etch/train/metrics.hpp"

namespace etch::app {

/// Writes a line of CSV for each report, at full precision; each is in the file at once.
class Log {
 public:
  /// Without a path nothing is written. Both throw Error where the system refuses.
  explicit Log(const std::filesystem::path& path);
  void write(std::uint32_t step, const Metrics& minibatch, float validation_accuracy);

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };

  void flush();

  std::filesystem::path path_;
  std::unique_ptr<std::FILE, Close> file_;
};

}  // namespace etch::app

#endif
