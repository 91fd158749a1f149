#include "etch/app/program.hpp"

#include <cstdio>
#include <exception>

#include "etch/base/error.hpp"

namespace etch::app {

int run_program(const std::function<int()>& body) try {
  const int code = body();
  if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) {
    throw Error("standard output", "must take all lines, a write failed; is the disk full?");
  }
  return code;
} catch (const std::exception& error) {
  std::fflush(stdout);
  std::fprintf(stderr, "etch: %s\n", error.what());
  return 1;
}

}  // namespace etch::app
