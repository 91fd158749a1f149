#ifndef ETCH_TOOLS_RENDER_LETTERS_OUTLINE_HPP
#define ETCH_TOOLS_RENDER_LETTERS_OUTLINE_HPP

#include <ft2build.h>
#include FT_FREETYPE_H
#include FT_OUTLINE_H

#include <optional>
#include <span>

#include "render_letters/face.hpp"

namespace etch::render {

inline constexpr FT_Pos pixel = 64;  // FreeType draws in units of 1/64 pixel

/// An outline with memory of its own.
class Outline {
 public:
  Outline(FT_Library library, int points, int contours);
  Outline(FT_Library library, const FT_Outline& other);
  Outline(Outline&& other) noexcept;
  Outline& operator=(Outline&& other) noexcept;
  ~Outline();

  FT_Outline* get() { return &outline_; }
  const FT_Outline* get() const { return &outline_; }

 private:
  FT_Library freetype_;
  FT_Outline outline_{};
};

std::span<FT_Vector> points_of(FT_Outline& outline);

/// The box of the outline itself, not of its control points; nothing if it is flat.
std::optional<FT_BBox> box_of(FT_Outline& outline);

/// Stretches what is in the box, each axis by itself, to a width and a height. Integers, so that
/// the same font gives the same bits everywhere.
void stretch(FT_Outline& outline, const FT_BBox& box, FT_Pos width, FT_Pos height);

/// Draws an outline that lies in (0, 0) to (side, side) pixels. False if FreeType cannot.
bool draw(FT_Library library, FT_Outline& outline, Picture& picture);

/// The mean width of the strokes: twice the area by the length of the contours.
FT_Pos stem_of(FT_Outline& outline);

/// The band of `radius` to both sides of the contours; nothing if FreeType cannot.
std::optional<Outline> band_along(FT_Library library, FT_Outline& outline, FT_Pos radius);

}  // namespace etch::render

#endif
