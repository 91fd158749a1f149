// Prints Highway's name of the best SIMD target of the machine that configures the build.
#include <cstdio>

int main() {
  const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
                    __builtin_cpu_supports("bmi2");
  const bool avx3 = avx2 && __builtin_cpu_supports("avx512f") &&
                    __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
                    __builtin_cpu_supports("avx512bw");
  if (!__builtin_cpu_supports("sse4.2")) return 1;
  std::puts(avx3 ? "HWY_AVX3" : avx2 ? "HWY_AVX2" : "HWY_SSE4");
}
