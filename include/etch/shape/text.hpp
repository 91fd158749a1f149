#ifndef ETCH_SHAPE_TEXT_HPP
#define ETCH_SHAPE_TEXT_HPP

#include <span>
#include <string>

namespace etch::detail {

/// The extents of a shape with `between` between them: "28 x 28 x 1", "28, 28, 1".
inline std::string to_text(std::span<const int> extents, const char* between = " x ") {
  std::string text;
  for (const int extent : extents) {
    if (!text.empty()) text += between;
    text += std::to_string(extent);
  }
  return text;
}

}  // namespace etch::detail

#endif
