// etch: Trainer: requires an Update of its optimiser for this SIMD target, an optimiser without
// came shows: has_update<SignSGD>
#include <etch/etch.hpp>

using namespace etch;

struct SignSGD {
  static constexpr std::size_t slots = 0;
  constexpr bool sensible() const { return true; }
};

#ifdef ETCH_FIXED
template <>
struct etch::HWY_NAMESPACE::Update<SignSGD> {
  Vec rate;
  Update(const SignSGD&, const UpdateContext& context) : rate(hn::Set(float_tag, context.rate)) {}
  HWY_ATTR Vec operator()(Vec w, Vec gradient, Vec*) const {
    return hn::Sub(w, hn::CopySign(rate, gradient));
  }
};
#endif

using Net = Network<Input<784>, Dense<10>>;

int main() {
  Model<Net> model;
  Trainer<Net, 16, SignSGD> trainer(model, {.learning_rate = 0.1f});
  trainer.step({});
}
