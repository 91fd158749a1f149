#include "etch/app/copies.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <span>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

namespace etch::app {
namespace {

using Picture = std::span<const std::uint8_t>;

/// What lies in memory for picture `i`.
std::string_view content(const Pictures& pictures, std::size_t i) {
  if (const std::uint8_t* bytes = pictures.bytes(i)) {
    return {reinterpret_cast<const char*>(bytes), pictures.values()};
  }
  return {reinterpret_cast<const char*>(pictures.floats(i)), pictures.values() * sizeof(float)};
}

std::unordered_set<std::string_view> contents(const Split& part) {
  const Pictures pictures = part.pictures();
  std::unordered_set<std::string_view> all;
  for (std::size_t i = 0; i < part.size(); ++i) all.insert(content(pictures, i));
  return all;
}

Picture picture(const Split& part, std::size_t i) {
  return {part.pixels.data() + i * part.values, part.values};
}

/// A picture in few numbers: the sums of its values in sixteen cells, and of all. No two pictures
/// are nearer to each other than their signatures are, since |a + b| <= |a| + |b|, whatever the
/// cells; those of a picture 28 wide are squares, which tell most.
struct Signature {
  static constexpr std::size_t across = 4, width = 28;

  std::uint32_t sum = 0;
  std::array<std::uint32_t, across * across> cells{};

  explicit Signature(Picture picture) {
    for (std::size_t i = 0; i < picture.size(); ++i) {
      const std::size_t row = i * across / picture.size(), column = i % width * across / width;
      cells[row * across + column] += picture[i];
      sum += picture[i];
    }
  }

  std::uint32_t distance(const Signature& other) const {
    std::uint32_t all = 0;
    for (std::size_t i = 0; i < cells.size(); ++i) {
      all += std::max(cells[i], other.cells[i]) - std::min(cells[i], other.cells[i]);
    }
    return all;
  }
};

std::uint32_t distance(Picture a, Picture b) {
  std::uint32_t all = 0;
  for (std::size_t i = 0; i < a.size(); ++i)
    all += static_cast<std::uint32_t>(std::abs(a[i] - b[i]));
  return all;
}

/// Pictures by their sums: those near to one stand together.
class Finder {
 public:
  explicit Finder(const Split& all)
      : all_(all), most_(static_cast<std::uint32_t>(255 * all.values / 100)) {
    entries_.reserve(all.size());
    for (std::uint32_t i = 0; i < all.size(); ++i) {
      entries_.push_back({Signature(picture(all, i)), i});
    }
    std::ranges::sort(entries_, {}, &Entry::sum);
  }

  /// The distance of the nearest picture, the sum of all differences, if it is near.
  std::optional<std::uint32_t> nearest(Picture wanted) const {
    const Signature signature(wanted);
    const std::uint32_t least = signature.sum - std::min(signature.sum, most_);
    std::optional<std::uint32_t> found;
    for (auto entry = std::ranges::lower_bound(entries_, least, {}, &Entry::sum);
         entry != entries_.end() && entry->sum() <= signature.sum + most_; ++entry) {
      const std::uint32_t most = found.value_or(most_);
      if (entry->signature.distance(signature) > most) continue;
      const std::uint32_t apart = distance(picture(all_, entry->index), wanted);
      if (apart <= most) found = apart;
      if (apart == 0) break;
    }
    return found;
  }

 private:
  struct Entry {
    Signature signature;
    std::uint32_t index;
    std::uint32_t sum() const { return signature.sum; }
  };

  const Split& all_;
  std::uint32_t most_;
  std::vector<Entry> entries_;
};

}  // namespace

std::size_t repeats(const Split& part) {
  return part.size() - contents(part).size();
}

std::size_t common(const Split& part, const Split& other) {
  const auto there = contents(other);
  const Pictures pictures = part.pictures();
  std::size_t count = 0;
  for (std::size_t i = 0; i < part.size(); ++i) count += there.count(content(pictures, i));
  return count;
}

Copies drop_copies(Split& part, const Split& train) {
  const Finder finder(train);
  Copies copies;
  Split rest{{}, {}, part.values};
  for (std::size_t i = 0; i < part.size(); ++i) {
    const Picture here = picture(part, i);
    if (const auto apart = finder.nearest(here)) {
      ++(*apart == 0 ? copies.exact : copies.near);
      continue;
    }
    rest.pixels.insert(rest.pixels.end(), here.begin(), here.end());
    rest.labels.push_back(part.labels[i]);
  }
  part = std::move(rest);
  return copies;
}

}  // namespace etch::app
