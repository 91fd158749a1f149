#include "etch/io/mix.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <numeric>
#include <vector>

#include "etch/base/philox.hpp"
#include "etch/io/fail.hpp"

namespace etch {

void add_training_pictures(Dataset& data, const std::filesystem::path& path, std::uint64_t seed) {
  const Dataset more = load_dataset(path, {.test = 0, .validation = 0});
  if (more.height != data.height || more.width != data.width) {
    detail::refuse(
        path,
        fmt::format("pictures of {}x{} (height x width) expected as in the set that they "
                    "join, {}x{} found",
                    data.height, data.width, more.height, more.width),
        "give pictures of that size");
  }
  const std::array<const Split*, 4> parts{&data.train, &more.train, &more.validation, &more.test};
  struct Place {
    const Split* part;
    std::size_t i;
  };
  std::vector<Place> places;
  for (const Split* part : parts) {
    if (part->pixels.size() != part->size() * part->values) {
      detail::refuse(path, "two sets of pictures as bytes expected, floats found",
                     "mix sets of PNG or IDX files, not of pickles");
    }
    for (std::size_t i = 0; i < part->size(); ++i) places.push_back({part, i});
  }
  shuffle(places, RandomStream{.seed = seed, .purpose = Purpose::shuffle, .place = 1});

  Split mixed{{}, {}, data.train.values};
  mixed.pixels.reserve(places.size() * mixed.values);
  mixed.labels.reserve(places.size());
  for (const auto& [part, i] : places) {
    const std::uint8_t* pixels = part->pixels.data() + i * mixed.values;
    mixed.pixels.insert(mixed.pixels.end(), pixels, pixels + mixed.values);
    mixed.labels.push_back(part->labels[i]);
  }
  data.train = std::move(mixed);
  data.skipped.insert(data.skipped.end(), more.skipped.begin(), more.skipped.end());
}

}  // namespace etch
