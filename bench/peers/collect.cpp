#include "collect.hpp"

#include <utility>

// The models' sources, whose `main` has the model's name: M(lenet5) for each.
#define M(model) int model(int argc, char** argv);
ETCH_PEERS_MODELS
#undef M

namespace etch::peers {
namespace {

std::vector<Model> collected;

}  // namespace

void collect(Model model) {
  collected.push_back(std::move(model));
}

std::vector<Model> models() {
#define M(model) ::model(0, nullptr);
  ETCH_PEERS_MODELS
#undef M
  return std::exchange(collected, {});
}

}  // namespace etch::peers
