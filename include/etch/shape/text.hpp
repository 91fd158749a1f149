#ifndef ETCH_SHAPE_TEXT_HPP
#define ETCH_SHAPE_TEXT_HPP

#include <string>

namespace etch::detail {

/// The extents of a shape with `between` between them: "28 x 28 x 1", "28, 28, 1".
template <class Shape>
std::string to_text(Shape, const char* between = " x ") {
  std::string text;
  for (const int extent : Shape::extents) {
    if (!text.empty()) text += between;
    text += std::to_string(extent);
  }
  return text;
}

}  // namespace etch::detail

#endif
