#include "peak.hpp"

#include "etch/kernel/peak-inl.hpp"

namespace etch::peers {

double probe_peak() {
  return HWY_NAMESPACE::probe_peak();
}

std::string simd_target() {
  return std::string(simd::choose().name());
}

}  // namespace etch::peers
