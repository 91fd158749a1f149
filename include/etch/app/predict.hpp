#ifndef ETCH_APP_PREDICT_HPP
#define ETCH_APP_PREDICT_HPP

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include "etch/app/report.hpp"
#include "etch/base/error.hpp"
#include "etch/etch.hpp"
#include "etch/io/fit_picture.hpp"
#include "etch/io/png.hpp"

namespace etch::app {

/// Height and width of the pictures that a network reads, also where it reads them flat; 0 where
/// they are not gray, or cannot be square.
template <class Net>
constexpr std::array<std::size_t, 2> picture_size() {
  using Input = typename Net::Input;
  if (Input::is_picture && Input::channels == 1) return {Input::height, Input::width};
  std::size_t side = 1;
  while (side * side < Input::size) ++side;
  if (Input::is_picture || side * side != Input::size) return {0, 0};
  return {side, side};
}

/// The pictures in these PNG files, as the network reads them. Throws Error at the first that
/// cannot be read.
template <class Net>
std::vector<std::vector<std::uint8_t>> read_pictures(const std::vector<std::string>& names) {
  constexpr auto size = picture_size<Net>();
  if (!names.empty() && size[0] == 0) {
    throw Error("predict",
                "requires a network that reads gray pictures, another came; leave "
                "--predict out");
  }
  std::vector<std::vector<std::uint8_t>> pictures;
  for (const std::string& name : names) {
    pictures.push_back(fit_picture(read_png(name), size[1], size[0]));
  }
  return pictures;
}

/// Prints what each picture is taken for.
template <class Net>
void predict(Model<Net>& model, const std::vector<std::string>& names,
             const std::vector<std::vector<std::uint8_t>>& pictures) {
  for (std::size_t i = 0; i < names.size(); ++i) {
    const auto probabilities = model.predict(Pictures(pictures[i], pictures[i].size()));
    std::fputs(prediction(names[i], probabilities).c_str(), stdout);
  }
}

}  // namespace etch::app

#endif
