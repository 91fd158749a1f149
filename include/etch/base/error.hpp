#ifndef ETCH_BASE_ERROR_HPP
#define ETCH_BASE_ERROR_HPP

#include <stdexcept>
#include <string>

namespace etch {

/// What went wrong, for a person: `<where>: <what was required>, <what came>; <what to do>`.
/// Programs print it behind `etch: ` and exit with 1.
class Error : public std::runtime_error {
 public:
  Error(const std::string& where, const std::string& what) : runtime_error(where + ": " + what) {}
};

}  // namespace etch

#endif
