#include <string>

#include "catch.hpp"
#include "etch/etch.hpp"
#include "etch/net/walk.hpp"

using namespace etch;

using Net = Network<Input<6, 6, 1>, Conv2D<3, 3, Valid>, ReLU, Dense<4>>;

TEST_CASE("A walk sees names, shapes and values of a live model") {
  Model<Net> model(Seed{1}, Initializer{.biases = {2, 3}});
  std::string seen;
  std::size_t parameters = 0;
  walk(model, [&](const auto& layer) {
    seen += std::string(layer.name) + ":";
    for (const LiveVariable& variable : layer.variables) {
      seen += " " + std::string(variable.name);
      std::size_t size = 1;
      for (int extent : variable.shape) {
        seen += " " + std::to_string(extent);
        size *= static_cast<std::size_t>(extent);
      }
      parameters += size;
    }
    seen += "\n";
  });
  CHECK(seen == "0_conv2d: kernel 3 3 1 3 bias 3\n1_relu:\n2_dense: kernel 48 4 bias 4\n");
  CHECK(parameters == Net::parameters);
}

TEST_CASE("What a walk changes, the model has") {
  Model<Net> model;
  walk(model, [](const auto& layer) {
    using Step = typename std::remove_reference_t<decltype(layer)>::Step;
    for (std::size_t v = 0; v < layer.variables.size(); ++v) {
      for (std::size_t i = 0; i < Step::variables[v].size(); ++i) {
        layer.variables[v].values[Step::place(v, i)] = static_cast<float>(i);
      }
    }
  });
  const std::vector<float> kernel = model.get<2>("kernel");
  for (std::size_t i = 0; i < kernel.size(); ++i) REQUIRE(kernel[i] == static_cast<float>(i));
}
