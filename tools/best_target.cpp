// Prints Highway's name of the best SIMD target of the machine that configures the build.
#include <cstdio>

#include "etch/kernel/simd.hpp"

int main() {
  for (const etch::simd::Target& target : etch::simd::compiled) {
    if (!etch::simd::supports(target)) continue;
    std::printf("HWY_%s\n", hwy::TargetName(target.id));
    return 0;
  }
  return 1;
}
