#ifndef ETCH_BENCH_COURSE_MODELS_HPP
#define ETCH_BENCH_COURSE_MODELS_HPP

// The course's models that are compared with others, each from its own source: see
// model_source.hpp. Their `main` bears the model's name.

#include "model_source.hpp"

#define main logistic_l2
#include "../examples/3_regularization/logistic_l2.cpp"
#undef main
#define main mlp_l2
#include "../examples/3_regularization/mlp_l2.cpp"
#undef main
#define main conv_strided
#include "../examples/4_convolutions/conv_strided.cpp"
#undef main
#define main conv_pooled
#include "../examples/4_convolutions/conv_pooled.cpp"
#undef main
#define main lenet5
#include "../examples/4_convolutions/lenet5.cpp"
#undef main

#endif
