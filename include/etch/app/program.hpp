#ifndef ETCH_APP_PROGRAM_HPP
#define ETCH_APP_PROGRAM_HPP

#include <functional>

namespace etch::app {

/// The end that all programs share: what `body` returns is the exit code if all its lines could be
/// written; what it throws is printed in one line on standard error, and then the code is 1.
int run_program(const std::function<int()>& body);

}  // namespace etch::app

#endif
