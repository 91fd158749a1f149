#include <Random123/philox.h>

#include <array>
#include <cmath>
#include <numeric>
#include <set>
#include <vector>

#include "catch.hpp"
#include "etch/etch.hpp"

using namespace etch;

TEST_CASE("Philox gives Random123's numbers") {
  r123::Philox4x32 reference;
  for (std::uint32_t i = 0; i < 1000; ++i) {
    const std::uint32_t mixed = i * 2654435761u;
    const Philox::Counter counter{mixed, ~mixed, i, mixed ^ 0x5555u};
    const Philox::Key key{i * 7, ~i};
    const auto expected =
        reference({{counter[0], counter[1], counter[2], counter[3]}}, {{key[0], key[1]}});
    const Philox::Counter drawn = Philox::draw(counter, key);
    for (std::size_t w = 0; w < 4; ++w) REQUIRE(drawn[w] == expected[w]);
  }
}

TEST_CASE("A draw depends on seed, purpose, place, step and index") {
  const RandomStream stream{1, Purpose::dropout, 2, 3};
  std::set<std::uint32_t> draws{stream.word(0), stream.word(1), stream.word(4)};
  draws.insert(RandomStream{2, Purpose::dropout, 2, 3}.word(0));
  draws.insert(RandomStream{1ull << 32 | 1, Purpose::dropout, 2, 3}.word(0));
  draws.insert(RandomStream{1, Purpose::shuffle, 2, 3}.word(0));
  draws.insert(RandomStream{1, Purpose::dropout, 3, 3}.word(0));
  draws.insert(RandomStream{1, Purpose::dropout, 2, 4}.word(0));
  CHECK(draws.size() == 8);
}

TEST_CASE("A shuffle is a permutation, evenly spread") {
  std::array<int, 5> first_of{};
  for (std::uint32_t seed = 0; seed < 5000; ++seed) {
    std::vector<int> values{0, 1, 2, 3, 4};
    shuffle(values, RandomStream{seed, Purpose::shuffle, 0, 0});
    ++first_of[static_cast<std::size_t>(values[0])];
    std::sort(values.begin(), values.end());
    REQUIRE(values == std::vector<int>{0, 1, 2, 3, 4});
  }
  for (int times : first_of) CHECK(std::abs(times - 1000) < 4 * std::sqrt(800.0));
}

TEST_CASE("The truncated normal ends at two deviations and has TensorFlow's spread") {
  constexpr std::uint32_t n = 200'000;
  double sum = 0, squares = 0, largest = 0;
  for (std::uint32_t i = 0; i < n; ++i) {
    const double z =
        static_cast<double>(truncated_normal(RandomStream{7, Purpose::initial_value, 0, 0}, i));
    sum += z;
    squares += z * z;
    largest = std::max(largest, std::abs(z));
  }
  CHECK(largest <= 2);
  CHECK(largest > 1.99);
  CHECK(std::abs(sum / n) < 4 * 0.88 / std::sqrt(double{n}));
  CHECK(std::sqrt(squares / n) == Catch::Approx(0.8796).epsilon(0.005));  // 1 cut off at 2
}

TEST_CASE("Many normal numbers are, on every target, those drawn one by one") {
  const RandomStream stream{7, Purpose::initial_value, 3, 0};
  for (const simd::Target& target : simd::compiled) {
    if (!simd::supports(target)) continue;
    std::vector<float> many(200'000);
    ETCH_DISPATCH(target.id, truncated_normals)(stream, 5, many.data(), 200'000);
    float apart = 0;
    for (std::uint32_t i = 0; i < many.size(); ++i) {
      const float distance = std::abs(many[i] - truncated_normal(stream, 5 + i));
      apart = distance <= apart ? apart : distance;  // what is no number is apart
    }
    CAPTURE(target.name());
    CHECK(apart <= 1e-6f);
  }
}
