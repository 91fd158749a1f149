#include "render_letters/variant.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>

#include "etch/base/philox.hpp"

namespace etch::render {
namespace {

using Ink = Variant::Ink;

// The height to which a glyph is brought before a pen draws on it. Finer than the picture's 1/64
// pixel, so that rounding does not show.
constexpr FT_Pos height = 16'384;

// Integers from a counter: no state but the place, and no rounding that a machine could do its way.
class Dice {
 public:
  Dice(std::uint64_t hash, std::uint32_t number, std::uint32_t attempt)
      : key_{static_cast<std::uint32_t>(hash), static_cast<std::uint32_t>(hash >> 32)},
        number_(number),
        attempt_(attempt) {}

  int between(int low, int high) {
    const auto [word, _1, _2, _3] = Philox::draw({place_++, attempt_, number_, 0}, key_);
    return low + static_cast<int>(below(static_cast<std::uint32_t>(high - low + 1), word));
  }
  int mostly_low(int low, int high) { return between(low, between(low, high)); }
  bool chance(int percent) { return between(0, 99) < percent; }

 private:
  Philox::Key key_;
  std::uint32_t number_, attempt_, place_ = 0;
};

FT_Pos percent(FT_Pos whole, int part) {
  return whole * part / 100;
}

void lean(FT_Outline& outline, const Variant& variant, FT_Pos width) {
  for (FT_Vector& point : points_of(outline)) {
    point.x += percent((point.x - width / 2) * point.y / height, variant.taper);
    point.x += percent(point.y, variant.slant);
    point.y += percent(point.x, variant.rise);
  }
}

void blur(Picture& picture, int weight, std::size_t step) {
  for (std::size_t line = 0; line < side; ++line) {
    const std::size_t first = line * (step == 1 ? side : 1);
    int before = picture[first];
    for (std::size_t i = 0; i < side; ++i) {
      std::uint8_t& here = picture[first + i * step];
      const int own = here;
      const int after = i + 1 < side ? picture[first + (i + 1) * step] : own;
      here =
          static_cast<std::uint8_t>((own * (256 - 2 * weight) + (before + after) * weight) / 256);
      before = own;
    }
  }
}

FT_BBox joined(const FT_BBox& a, const FT_BBox& b) {
  return {std::min(a.xMin, b.xMin), std::min(a.yMin, b.yMin), std::max(a.xMax, b.xMax),
          std::max(a.yMax, b.yMax)};
}

FT_BBox widened(const FT_BBox& box, const std::array<int, 4>& margins) {
  const FT_Pos x = box.xMax - box.xMin, y = box.yMax - box.yMin;
  return {box.xMin - percent(x, margins[0]), box.yMin - percent(y, margins[1]),
          box.xMax + percent(x, margins[2]), box.yMax + percent(y, margins[3])};
}

// Brings a glyph to the variant's shape and weight, and tells its box; nothing if it is flat.
std::optional<FT_BBox> shape(FT_Outline& outline, const Variant& variant) {
  for (FT_Vector& point : points_of(outline)) point = {point.x * pixel, point.y * pixel};
  const auto box = box_of(outline);
  if (!box) return std::nullopt;
  const FT_Pos natural = height * (box->xMax - box->xMin) / (box->yMax - box->yMin);
  if (natural > 16 * height) return std::nullopt;  // no letter, and its area might overflow
  const FT_Pos width = std::max<FT_Pos>(percent(natural, variant.width), 1);
  stretch(outline, *box, width, height);
  lean(outline, variant, width);
  const FT_Pos weight = percent(stem_of(outline), variant.weight);
  if (weight != 0 && FT_Outline_Embolden(&outline, weight) != 0) return std::nullopt;
  return box_of(outline);
}

// A box, the disc that touches its sides, or the diamond.
Outline badge_in(FT_Library library, const FT_BBox& box, int corners) {
  const FT_Pos x = (box.xMin + box.xMax) / 2, y = (box.yMin + box.yMax) / 2;
  const std::array<FT_Vector, 8> round{{{box.xMin, y},
                                        {box.xMin, box.yMax},
                                        {x, box.yMax},
                                        {box.xMax, box.yMax},
                                        {box.xMax, y},
                                        {box.xMax, box.yMin},
                                        {x, box.yMin},
                                        {box.xMin, box.yMin}}};
  Outline badge(library, static_cast<int>(round.size()), 1);
  FT_Outline& outline = *badge.get();
  for (std::size_t i = 0; i < round.size(); ++i) {
    const bool corner = i % 2 == 1;
    outline.points[i] = corner && corners == 2 ? round[i - 1] : round[i];
    outline.tags[i] = corner && corners == 1 ? FT_CURVE_TAG_CONIC : FT_CURVE_TAG_ON;
  }
  outline.contours[0] = static_cast<short>(round.size() - 1);
  return badge;
}

// What a variant is painted of, and the box of it all: the ground is the shadow or the badge, the
// line goes along the letter or the badge.
struct Layers {
  Outline letter;
  std::optional<Outline> ground, line;
  FT_BBox box;
};

bool draws_shadow(Ink ink) {
  return ink == Ink::shadow || ink == Ink::outline_and_shadow;
}

std::optional<Layers> layers_of(FT_Library library, const FT_Outline& glyph,
                                const Variant& variant) {
  const Ink ink = variant.ink;
  Layers layers{Outline(library, glyph), {}, {}, {}};
  auto& [letter, ground, line, whole] = layers;
  const auto box = shape(*letter.get(), variant);
  if (!box) return std::nullopt;
  whole = *box;
  if (draws_shadow(ink)) {
    const FT_Pos x = percent(height, variant.shadow_x), y = percent(height, variant.shadow_y);
    ground.emplace(library, *letter.get());
    FT_Outline_Translate(ground->get(), x, y);
    whole = joined(whole, {box->xMin + x, box->yMin + y, box->xMax + x, box->yMax + y});
  } else if (ink == Ink::badge || ink == Ink::frame) {
    whole = widened(*box, variant.margins);
    ground = badge_in(library, whole, variant.corners);
  }
  if (ink == Ink::outline || ink == Ink::outline_and_shadow || ink == Ink::frame) {
    FT_Outline& along = ink == Ink::frame ? *ground->get() : *letter.get();
    line = band_along(library, along, percent(height, variant.line) / 2);
    const auto line_box = line ? box_of(*line->get()) : std::nullopt;
    if (!line_box) return std::nullopt;
    whole = joined(whole, *line_box);
  }
  return layers;
}

void erase(Picture& from, const Picture& what) {
  for (std::size_t i = 0; i < from.size(); ++i)
    from[i] = std::min(from[i], static_cast<std::uint8_t>(255 - what[i]));
}

void add(Picture& to, const Picture& what) {
  for (std::size_t i = 0; i < to.size(); ++i) to[i] = std::max(to[i], what[i]);
}

bool paint(FT_Library library, Layers& layers, Ink ink, Picture& picture) {
  const auto draw_layer = [&](Outline& outline, Picture& on) {
    stretch(*outline.get(), layers.box, side * pixel, side * pixel);
    return draw(library, *outline.get(), on);
  };
  Picture letter, line;
  if (!draw_layer(layers.letter, letter)) return false;
  picture = letter;
  if (draws_shadow(ink) || ink == Ink::badge) {
    if (!draw_layer(*layers.ground, picture)) return false;
    erase(picture, letter);
  }
  if (layers.line) {
    if (!draw_layer(*layers.line, line)) return false;
    if (ink == Ink::outline) picture.fill(0);
    add(picture, line);
  }
  return true;
}

}  // namespace

Variant draw_variant(std::uint64_t hash, std::uint32_t number, std::uint32_t attempt) {
  Dice dice(hash, number, attempt);
  Variant variant;
  if (dice.chance(50)) variant.width = dice.between(60, 150);
  if (dice.chance(35)) variant.slant = dice.chance(80) ? dice.between(5, 40) : -dice.between(5, 25);
  if (dice.chance(20)) variant.rise = dice.between(-18, 18);
  if (dice.chance(20)) variant.taper = dice.between(-25, 25);
  if (dice.chance(65))
    variant.weight = dice.chance(30) ? -dice.between(10, 40) : dice.mostly_low(10, 140);
  if (dice.chance(20)) {
    constexpr std::array inks{Ink::outline, Ink::outline, Ink::shadow, Ink::outline_and_shadow,
                              Ink::badge,   Ink::badge,   Ink::frame};
    variant.ink = inks[static_cast<std::size_t>(dice.between(0, inks.size() - 1))];
    variant.line = dice.between(3, 8);
    variant.shadow_x = dice.chance(75) ? dice.between(4, 12) : -dice.between(4, 12);
    variant.shadow_y = dice.chance(75) ? -dice.between(4, 12) : dice.between(4, 12);
    variant.corners = dice.between(0, 2);
    for (int& margin : variant.margins) margin = dice.mostly_low(10, 60);
    if (variant.corners == 2)  // whose sides a letter would cross
      for (int& margin : variant.margins) margin += 25;
  }
  if (dice.chance(25)) {
    variant.blur = dice.between(10, 45);
    variant.blurs = dice.chance(8) ? dice.between(2, 6) : 1;
  }
  const bool shaped = variant.slant != 0 || variant.rise != 0 || variant.taper != 0;
  if (!shaped && variant.weight == 0 && variant.ink == Ink::solid)  // would be the face itself
    variant.weight = dice.between(15, 60);
  return variant;
}

bool draw(FT_Library library, const FT_Outline& glyph, const Variant& variant, Picture& picture) {
  auto layers = layers_of(library, glyph, variant);
  if (!layers || !paint(library, *layers, variant.ink, picture)) return false;
  for (int i = 0; i < variant.blurs; ++i) {
    blur(picture, variant.blur, 1);
    blur(picture, variant.blur, side);
  }
  return true;
}

}  // namespace etch::render
