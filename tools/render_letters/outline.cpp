#include "render_letters/outline.hpp"

#include FT_BBOX_H
#include FT_STROKER_H
#include FT_TRIGONOMETRY_H

#include <cstddef>
#include <cstdlib>
#include <memory>
#include <type_traits>
#include <utility>

#include "etch/base/error.hpp"

namespace etch::render {
namespace {

struct CloseStroker {
  void operator()(FT_Stroker stroker) const { FT_Stroker_Done(stroker); }
};

}  // namespace

Outline::Outline(FT_Library library, int points, int contours) : freetype_(library) {
  if (FT_Outline_New(library, static_cast<FT_UInt>(points), contours, &outline_) != 0)
    throw Error("FreeType",
                "memory for an outline is required, there is none; "
                "close other programs");
}

Outline::Outline(FT_Library library, const FT_Outline& other)
    : Outline(library, other.n_points, other.n_contours) {
  FT_Outline_Copy(&other, &outline_);
}

Outline::Outline(Outline&& other) noexcept
    : freetype_(other.freetype_), outline_(std::exchange(other.outline_, {})) {}

Outline& Outline::operator=(Outline&& other) noexcept {
  std::swap(freetype_, other.freetype_);
  std::swap(outline_, other.outline_);
  return *this;
}

Outline::~Outline() {
  if (outline_.points != nullptr) FT_Outline_Done(freetype_, &outline_);
}

std::span<FT_Vector> points_of(FT_Outline& outline) {
  return {outline.points, static_cast<std::size_t>(outline.n_points)};
}

std::optional<FT_BBox> box_of(FT_Outline& outline) {
  FT_BBox box;
  if (outline.n_points == 0 || FT_Outline_Get_BBox(&outline, &box) != 0) return std::nullopt;
  if (box.xMax <= box.xMin || box.yMax <= box.yMin) return std::nullopt;
  return box;
}

void stretch(FT_Outline& outline, const FT_BBox& box, FT_Pos width, FT_Pos height) {
  for (FT_Vector& point : points_of(outline))
    point = {(point.x - box.xMin) * width / (box.xMax - box.xMin),
             (point.y - box.yMin) * height / (box.yMax - box.yMin)};
}

bool draw(FT_Library library, FT_Outline& outline, Picture& picture) {
  picture.fill(0);
  FT_Bitmap bitmap{};
  bitmap.rows = bitmap.width = side;
  bitmap.pitch = side;
  bitmap.buffer = picture.data();
  bitmap.num_grays = 256;
  bitmap.pixel_mode = FT_PIXEL_MODE_GRAY;
  return FT_Outline_Get_Bitmap(library, &outline, &bitmap) == 0;
}

FT_Pos stem_of(FT_Outline& outline) {
  const std::span points = points_of(outline);
  FT_Pos doubled_area = 0, length = 0;
  std::size_t first = 0;
  for (int contour = 0; contour < outline.n_contours; ++contour) {
    const auto last = static_cast<std::size_t>(outline.contours[contour]);
    FT_Vector from = points[last];
    for (; first <= last; ++first) {
      const FT_Vector to = points[first];
      FT_Vector step{to.x - from.x, to.y - from.y};
      doubled_area += from.x * step.y - from.y * step.x;
      length += FT_Vector_Length(&step);
      from = to;
    }
  }
  return length > 0 ? std::abs(doubled_area) / length : 0;
}

std::optional<Outline> band_along(FT_Library library, FT_Outline& outline, FT_Pos radius) {
  FT_Stroker handle = nullptr;
  if (FT_Stroker_New(library, &handle) != 0) return std::nullopt;
  const std::unique_ptr<std::remove_pointer_t<FT_Stroker>, CloseStroker> stroker(handle);
  FT_Stroker_Set(handle, radius, FT_STROKER_LINECAP_ROUND, FT_STROKER_LINEJOIN_ROUND, 0);
  FT_UInt points = 0, contours = 0;
  constexpr FT_UInt most = 32'767;  // an outline counts them in 16 bits
  if (FT_Stroker_ParseOutline(handle, &outline, 0) != 0 ||
      FT_Stroker_GetCounts(handle, &points, &contours) != 0 || points > most || contours > most)
    return std::nullopt;
  Outline band(library, static_cast<int>(points), static_cast<int>(contours));
  band.get()->n_points = 0;  // FT_Stroker_Export appends
  band.get()->n_contours = 0;
  FT_Stroker_Export(handle, band.get());
  return band;
}

}  // namespace etch::render
