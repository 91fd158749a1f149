#include "etch/app/log.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <system_error>

#include "etch/io/fail.hpp"

namespace etch::app {

Log::Log(const std::filesystem::path& path) : path_(path) {
  if (path.empty()) return;
  file_.reset(std::fopen(path.c_str(), "w"));
  if (file_) std::fputs("step,loss,minibatch_accuracy,validation_accuracy\n", file_.get());
  flush();
  finish();
}

void Log::write(std::uint32_t step, const Metrics& minibatch, const Accuracy& validation) {
  if (!file_ || !trouble_.empty()) return;
  // Nine digits tell one float from all others.
  const std::string line = fmt::format("{},{:.9g},{:.9g},{:.9g}\n", step, minibatch.loss,
                                       float{minibatch.accuracy}, float{validation});
  std::fputs(line.c_str(), file_.get());
  flush();
}

void Log::flush() {
  if (file_ && std::fflush(file_.get()) == 0 && std::ferror(file_.get()) == 0) return;
  trouble_ = std::generic_category().message(errno);
}

void Log::finish() const {
  if (!trouble_.empty()) detail::refuse_unwritable(path_, trouble_);
}

}  // namespace etch::app
