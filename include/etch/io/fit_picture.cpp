#include "etch/io/fit_picture.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace etch {
namespace {

/// Part of a new pixel: `weight` of the old pixel `from`.
struct Share {
  std::size_t to, from;
  double weight;
};

/// What each of `now` pixels in a line takes from the `before` ones; the weights of each sum to 1.
std::vector<Share> shares(std::size_t before, std::size_t now) {
  std::vector<Share> all;
  const double step = static_cast<double>(before) / static_cast<double>(now);
  for (std::size_t to = 0; to < now; ++to) {
    const double begin = static_cast<double>(to) * step, end = begin + step;
    for (auto from = static_cast<std::size_t>(begin); from < before; ++from) {
      const double left = static_cast<double>(from);
      if (left >= end) break;
      all.push_back({to, from, (std::min(end, left + 1) - std::max(begin, left)) / step});
    }
  }
  return all;
}

/// The size that fits into width x height.
std::pair<std::size_t, std::size_t> fitted(const GrayPicture& picture, std::size_t width,
                                           std::size_t height) {
  const auto real = [](std::size_t pixels) { return static_cast<double>(pixels); };
  const double scale =
      std::min(real(width) / real(picture.width), real(height) / real(picture.height));
  const auto side = [&](std::size_t before, std::size_t most) {
    return std::clamp<std::size_t>(static_cast<std::size_t>(std::lround(real(before) * scale)), 1,
                                   most);
  };
  return {side(picture.width, width), side(picture.height, height)};
}

}  // namespace

std::vector<std::uint8_t> fit_picture(const GrayPicture& picture, std::size_t width,
                                      std::size_t height) {
  const auto [wide, high] = fitted(picture, width, height);
  const std::vector<Share> columns = shares(picture.width, wide);
  std::vector<double> sums(wide * high), line(wide);
  std::size_t summed = picture.height;  // the row whose pixels `line` holds; none yet
  for (const Share& row : shares(picture.height, high)) {
    if (row.from != summed) {
      std::fill(line.begin(), line.end(), 0.0);
      const std::uint8_t* from = &picture.pixels[row.from * picture.width];
      for (const Share& column : columns) line[column.to] += column.weight * from[column.from];
      summed = row.from;
    }
    for (std::size_t x = 0; x < wide; ++x) sums[row.to * wide + x] += row.weight * line[x];
  }
  std::vector<std::uint8_t> pixels(width * height);
  const std::size_t corner = (height - high) / 2 * width + (width - wide) / 2;
  for (std::size_t i = 0; i < sums.size(); ++i) {
    pixels[corner + i / wide * width + i % wide] =
        static_cast<std::uint8_t>(std::clamp(std::lround(sums[i]), 0L, 255L));
  }
  return pixels;
}

}  // namespace etch
