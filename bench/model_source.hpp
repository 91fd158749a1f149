#ifndef ETCH_BENCH_MODEL_SOURCE_HPP
#define ETCH_BENCH_MODEL_SOURCE_HPP

// A model's own source, measured instead of trained, so that no network is written twice. This
// header stands in for etch/app/assignment.hpp: a program includes it first, defines `measure`, and
// then includes the model's source with its `main` under another name.
//
//   #include "model_source.hpp"
//
//   #define main lenet5
//   #include "../examples/4_convolutions/lenet5.cpp"
//   #undef main
//
//   template <class Net, int Batch, class Optimizer>
//   int measure(int argc, char** argv, const etch::app::Settings& settings, const Optimizer&) {...}
//
//   int main(int argc, char** argv) { return lenet5(argc, argv); }

#define ETCH_APP_ASSIGNMENT_HPP

#include "etch/etch.hpp"

#include "etch/app/command_line.hpp"

/// What the program does with a model's network, batch, settings and optimiser. The result is what
/// the model's `main` returns.
template <class Net, int Batch, class Optimizer>
int measure(int argc, char** argv, const etch::app::Settings& settings, const Optimizer& optimizer);

namespace etch::app {

template <class Net, int Batch, class Optimizer = SGD>
int assignment(int argc, char** argv, const Settings& settings, const Optimizer& optimizer = {}) {
  return measure<Net, Batch>(argc, argv, settings, optimizer);
}

}  // namespace etch::app

#endif
