// The passes of a model's layers, for the ledger: a shared object with ETCH_SIZES_AT_RUN_TIME, and
// one without. Layers that work element by element are left out: their loops have no sizes.
//
//   LEDGER_MODEL   the model's source
//   LEDGER_LAYER   compile this layer's passes and nothing else; -1 for none

#include "half.hpp"

#define main model_main
#include LEDGER_MODEL
#undef main

namespace {

using namespace etch;

std::vector<ledger::Entry> entries;

template <class Step>
constexpr auto* forward_of = HWY_NAMESPACE::forward<typename Step::Layer, typename Step::In>;
template <class Step>
constexpr auto* data_gradient_of =
    HWY_NAMESPACE::data_gradient<typename Step::Layer, typename Step::In>;
template <class Step>
constexpr auto* weight_gradient_of =
    HWY_NAMESPACE::weight_gradient<typename Step::Layer, typename Step::In>;

/// The same function, which the compiler now cannot fit to how it is called here: in a training
/// step the number of rows is no constant.
template <class F>
F* opaque(F* function) {
  asm("" : "+r"(function));
  return function;
}

/// Random numbers where a batch has them, zero where it is padded.
template <class Step, int Batch>
std::unique_ptr<ledger::Arrays> make_arrays() {
  using In = typename Step::In;
  using Out = typename Step::Out;
  auto a = std::make_unique<ledger::Arrays>();
  static_cast<bench::BatchArrays&>(*a) = bench::BatchArrays::of<Step, Batch>();
  std::uint32_t draws = 0;
  const auto draw = [&] {
    return uniform(RandomStream{1, Purpose::shuffle, 0, 0}.word(draws++)) - 0.5f;
  };
  for (std::size_t row = 0; row < Batch; ++row) {
    std::generate_n(a->x.data() + row * In::stride, In::size, draw);
    std::generate_n(a->dy.data() + row * Out::stride, Out::size, draw);
  }
  for (std::size_t v = 0; v < Step::variables.size(); ++v) {
    Buffer& values = a->values.emplace_back(Step::variables[v].floats);
    Buffer& gradients = a->gradients.emplace_back(Step::variables[v].floats);
    for (std::size_t i = 0; i < Step::variables[v].size(); ++i) {
      values.data()[Step::place(v, i)] = draw();
    }
    a->value_pointers.push_back(values.data());
    a->gradient_pointers.push_back(gradients.data());
  }
  const auto all = bench::tile_of<Step>(*a, 0, Batch);
  opaque(forward_of<Step>)(a->context, all.x, a->value_pointers.data(), all.y, all.rows);
  return a;
}

template <class Net, class Step, int Batch>
void forward(ledger::Arrays& a) {
  bench::for_each_tile<Net, Step, Batch>(a, [&](const bench::SampleTile& tile) {
    opaque(forward_of<Step>)(a.context, tile.x, a.value_pointers.data(), tile.y, tile.rows);
  });
}

template <class Net, class Step, int Batch>
void data_gradient(ledger::Arrays& a) {
  bench::for_each_tile<Net, Step, Batch>(a, [&](const bench::SampleTile& tile) {
    opaque(data_gradient_of<Step>)(a.context, tile.x, tile.y, a.value_pointers.data(), tile.dy,
                                   tile.dx, tile.rows);
  });
}

template <class Net, class Step, int Batch>
void weight_gradient(ledger::Arrays& a) {
  bench::for_each_gradient_tile<Net, Step, Batch>(a, [&](const bench::SampleTile& samples) {
    const int tiles = HWY_NAMESPACE::gradient_tiles<typename Step::Layer, typename Step::In>();
    for (int tile = 0; tile < tiles; ++tile) {
      opaque(weight_gradient_of<Step>)(a.context, tile, samples.x, samples.dy,
                                       a.gradient_pointers.data(), samples.rows);
    }
  });
}

/// Calls `f(pass, run, code)` for the passes of a training step.
template <class Net, class Step, int Batch, class F>
void for_passes(const F& f) {
  f(Pass::forward, forward<Net, Step, Batch>, forward_of<Step>);
  if constexpr (does<Net, Step>(Pass::data_gradient)) {
    f(Pass::data_gradient, data_gradient<Net, Step, Batch>, data_gradient_of<Step>);
  }
  if constexpr (does<Net, Step>(Pass::weight_gradient)) {
    f(Pass::weight_gradient, weight_gradient<Net, Step, Batch>, weight_gradient_of<Step>);
  }
}

template <class Net, class Step, int Batch>
void list() {
  const std::string shapes =
      etch::detail::to_text(Step::In::extents) + " to " + etch::detail::to_text(Step::Out::extents);
  for_passes<Net, Step, Batch>([&](Pass pass, auto run, auto code) {
    entries.push_back({std::string(std::string_view(Step::name)), shapes, pass,
                       make_arrays<Step, Batch>, run, reinterpret_cast<const void*>(code)});
  });
}

/// Has the compiler generate a layer's passes.
template <class Net, class Step, int Batch>
void generate() {
  for_passes<Net, Step, Batch>([](Pass, auto, auto code) { opaque(code); });
}

}  // namespace

template <class Net, int Batch, class Optimizer>
int measure(int, char**, const etch::app::Settings&, const Optimizer&) {
  Net::for_each_step([]<class Step>() {
#if defined(LEDGER_LAYER)
    if constexpr (static_cast<int>(Step::index) == LEDGER_LAYER) generate<Net, Step, Batch>();
#else
    if constexpr (!Step::traits.in_place) list<Net, Step, Batch>();
#endif
  });
  return 0;
}

extern "C" __attribute__((visibility("default"))) void list_entries(
    std::vector<ledger::Entry>& to) {
  model_main(0, nullptr);
  to = entries;
}
