// Included once for each SIMD target: no guard of its own, what it includes has them.
#include "laws/passes-inl.hpp"
#include "own_layer/leaky_relu-inl.hpp"
