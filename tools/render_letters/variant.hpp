#ifndef ETCH_TOOLS_RENDER_LETTERS_VARIANT_HPP
#define ETCH_TOOLS_RENDER_LETTERS_VARIANT_HPP

#include <array>
#include <cstdint>

#include "render_letters/face.hpp"
#include "render_letters/outline.hpp"

namespace etch::render {

/// How a variant of a face differs from it. Lengths are percent of the letter's height or width.
struct Variant {
  enum class Ink { solid, outline, shadow, outline_and_shadow, badge, frame };

  int width = 100;  // squeezed before the pen draws, for the box is stretched to the picture after
  int slant = 0;    // by how much of the height the top moves to the right
  int rise = 0;     // by how much of the width the right side moves up
  int taper = 0;    // by how much of the width the top is wider
  int weight = 0;   // by how much of their width strokes are thicker
  Ink ink = Ink::solid;
  int line = 0;                    // width of an outline's line
  int shadow_x = 0, shadow_y = 0;  // where the shadow falls
  int corners = 0;                 // of a badge: 0 a box, 1 a disc, 2 a diamond
  std::array<int, 4> margins{};    // of a badge: left, bottom, right, top
  int blur = 0;                    // of 256, what a neighbouring pixel gets
  int blurs = 0;                   // times
};

/// The variant of this number, drawn by counter from the face's hash: the same on every machine.
/// A later attempt is another draw, for faces of which this one makes no letters.
Variant draw_variant(std::uint64_t hash, std::uint32_t number, std::uint32_t attempt);

/// Draws a glyph in a variant, its box stretched to the picture. False if nothing is left of it.
bool draw(FT_Library library, const FT_Outline& glyph, const Variant& variant, Picture& picture);

}  // namespace etch::render

#endif
