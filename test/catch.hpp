// The one way to Catch2: version 2.13 (one header) and 3.x (a library with many) look alike behind
// it. Tests write Catch::Approx and Catch::Matchers::ContainsSubstring.
#ifndef ETCH_TEST_CATCH_HPP
#define ETCH_TEST_CATCH_HPP

#if __has_include(<catch2/catch_all.hpp>)

#include <catch2/catch_all.hpp>

#else

#include <catch2/catch.hpp>

#include <string>

namespace Catch {
using Detail::Approx;

namespace Matchers {
inline auto ContainsSubstring(const std::string& text) {
  return Contains(text);
}
}  // namespace Matchers
}  // namespace Catch

#endif

#endif  // ETCH_TEST_CATCH_HPP
