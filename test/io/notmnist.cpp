#include <algorithm>
#include <array>
#include <cstdlib>

#include "catch.hpp"
#include "etch/io/dataset.hpp"

using namespace etch;

TEST_CASE("notMNIST_small as it is", "[io][notmnist]") {
  const char* const path = std::getenv("ETCH_NOTMNIST");
  if (path == nullptr) {
    WARN("skipped: set ETCH_NOTMNIST to the path of notMNIST_small.tar.gz");
    return;
  }
  const Dataset data = load_dataset(path);
  CHECK(data.skipped.size() <= 2);  // some copies hold the two pictures that nobody can read
  CHECK(data.test.size() == 3'000);
  CHECK(data.validation.size() == 2'000);
  CHECK(data.train.size() == 13'724);

  std::array<int, 10> count{};
  double sum = 0;
  for (const Split* part : {&data.train, &data.validation, &data.test}) {
    for (const std::uint8_t label : part->labels) ++count.at(label);
    for (const std::uint8_t pixel : part->pixels) sum += pixel;
  }
  CHECK(count == std::array{1'872, 1'873, 1'873, 1'873, 1'873, 1'872, 1'872, 1'872, 1'872, 1'872});
  CHECK(sum == 1'592'264'882.0);
}
