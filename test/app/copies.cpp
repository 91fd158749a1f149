#include "etch/app/copies.hpp"

#include <cstdlib>
#include <vector>

#include "catch.hpp"
#include "etch/base/philox.hpp"

using namespace etch;
using namespace etch::app;

namespace {

constexpr std::size_t values = 28 * 28;
constexpr int near = 255 * 784 / 100;  // the sum of differences, at most

using Picture = std::vector<std::uint8_t>;

Split part(const std::vector<Picture>& pictures) {
  Split made{{}, {}, values};
  for (const Picture& picture : pictures) {
    made.pixels.insert(made.pixels.end(), picture.begin(), picture.end());
    made.labels.push_back(static_cast<std::uint8_t>(made.labels.size() % 10));
  }
  return made;
}

/// `picture` with values changed by `sum` in all, some up and some down, from place `seed` on.
Picture changed(Picture picture, int sum, std::uint32_t seed) {
  for (std::uint32_t i = seed; sum > 0; ++i) {
    std::uint8_t& value = picture[i * 37 % values];
    const int step = std::min(sum, 100);
    value = static_cast<std::uint8_t>(value < 128 ? value + step : value - step);
    sum -= step;
  }
  return picture;
}

Picture random_picture(std::uint32_t seed) {
  Picture picture(values);
  for (std::uint32_t i = 0; i < values; ++i) {
    picture[i] = static_cast<std::uint8_t>(RandomStream{.seed = seed}.word(i));
  }
  return picture;
}

/// A plain one, as letters' parts are, of which many are near to each other.
Picture plain_picture(std::uint32_t seed) {
  Picture picture(values, 0);
  for (std::uint32_t i = seed % 5 * 28; i < values / 2 + seed % 7; ++i) picture[i] = 255;
  return changed(picture, static_cast<int>(seed % 11) * 300, seed);
}

int apart(const Picture& a, const Picture& b) {
  int sum = 0;
  for (std::size_t i = 0; i < values; ++i) sum += std::abs(a[i] - b[i]);
  return sum;
}

}  // namespace

TEST_CASE("copies are near up to a hundredth of the range, and no further", "[app][copies]") {
  const std::vector<Picture> train{random_picture(1), random_picture(2), Picture(values, 255)};
  const auto dropped = [&](const Picture& picture) {
    Split held_out = part({random_picture(8), picture, random_picture(9)});
    const Copies copies = drop_copies(held_out, part(train));
    CHECK(held_out.size() == 3 - copies.exact - copies.near);
    CHECK(held_out.pixels.size() == held_out.size() * values);
    CHECK(held_out.labels.back() == 2);
    return copies;
  };
  CHECK(dropped(train[1]).exact == 1);
  CHECK(dropped(train[2]).exact == 1);
  for (const std::uint32_t seed : {0u, 5u}) {
    CHECK(dropped(changed(train[1], 1, seed)).near == 1);
    CHECK(dropped(changed(train[1], near, seed)).near == 1);
    CHECK(dropped(changed(train[1], near + 1, seed)).near == 0);
  }
  CHECK(dropped(Picture(values, 253)).near == 1);
  CHECK(dropped(Picture(values, 252)).near == 0);
  CHECK(dropped(random_picture(3)).exact == 0);
}

TEST_CASE("every copy is found that comparing all with all finds", "[app][copies]") {
  std::vector<Picture> train, others;
  for (std::uint32_t i = 0; i < 150; ++i) train.push_back(plain_picture(i));
  for (std::uint32_t i = 500; i < 700; ++i) others.push_back(plain_picture(i));
  others.push_back(train[7]);
  Copies expected;
  std::vector<Picture> rest;
  for (const Picture& picture : others) {
    int nearest = 255 * values;
    for (const Picture& each : train) nearest = std::min(nearest, apart(picture, each));
    ++(nearest == 0 ? expected.exact : expected.near);
    if (nearest > near) --expected.near, rest.push_back(picture);
  }
  CHECK(expected.exact > 0);
  CHECK(expected.near > 10);
  CHECK(rest.size() > 10);

  Split held_out = part(others);
  const Copies found = drop_copies(held_out, part(train));
  CHECK(found.exact == expected.exact);
  CHECK(found.near == expected.near);
  CHECK(held_out.pixels == part(rest).pixels);
}

TEST_CASE("equal pictures are counted within and between parts", "[app][copies]") {
  const Picture a = random_picture(1), b = random_picture(2), c = random_picture(3);
  CHECK(repeats(part({a, b, a, a, c})) == 2);
  CHECK(repeats(part({})) == 0);
  CHECK(common(part({a, c, a}), part({a, b})) == 2);

  const std::vector<float> floats{1, 2, 1, 2, 1, 2.5f};
  Split stored;
  stored.values = 2;
  stored.labels = {0, 1, 2};
  stored.floats.bytes = std::as_bytes(std::span(floats));
  CHECK(repeats(stored) == 1);
  CHECK(common(stored, stored) == 3);
}
