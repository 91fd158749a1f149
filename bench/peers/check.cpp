#include "check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "etch/base/error.hpp"

namespace etch::peers {

void check_agreement(const std::string& what, const std::string& peer,
                     const std::vector<float>& own, const std::vector<float>& other,
                     float tolerance) {
  if (own.size() != other.size()) {
    throw Error(what, fmt::format("requires {} values as etch has, {} came from {}; mend {}.cpp",
                                  own.size(), other.size(), peer, peer));
  }
  float largest = 0;
  for (float value : own) largest = std::max(largest, std::abs(value));
  for (std::size_t i = 0; i < own.size(); ++i) {
    if (std::abs(own[i] - other[i]) <= tolerance * largest) continue;  // NaN fails, too
    throw Error(what, fmt::format("requires {}, as etch has at {}, {} came from {}; find out which "
                                  "is right before timing them",
                                  own[i], i, other[i], peer));
  }
}

}  // namespace etch::peers
