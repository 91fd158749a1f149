#include "etch/app/program.hpp"

#include <cstdio>
#include <exception>
#include <new>

#include "etch/base/error.hpp"

namespace etch::app {
namespace {

int fail(const char* why) {
  std::fflush(stdout);
  std::fprintf(stderr, "etch: %s\n", why);
  return 1;
}

}  // namespace

int run_program(const std::function<int()>& body) try {
  const int code = body();
  if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) {
    throw Error("standard output", "must take all lines, a write failed; is the disk full?");
  }
  return code;
} catch (const std::bad_alloc&) {
  return fail("memory: requires more than the system gives; give fewer pictures");
} catch (const std::exception& error) {
  return fail(error.what());
}

}  // namespace etch::app
