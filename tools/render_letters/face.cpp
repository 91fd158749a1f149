#include "render_letters/face.hpp"

#include <fmt/format.h>
#include <ft2build.h>
#include FT_FREETYPE_H
#include FT_BBOX_H
#include FT_OUTLINE_H

#include <algorithm>
#include <span>
#include <type_traits>
#include <utility>

#include "etch/base/error.hpp"

namespace etch::render {
namespace {

constexpr FT_Pos pixel = 64;  // FreeType draws in units of 1/64 pixel

struct CloseFace {
  void operator()(FT_Face face) const { FT_Done_Face(face); }
};
using OpenFace = std::unique_ptr<std::remove_pointer_t<FT_Face>, CloseFace>;

void require(FT_Error error, const std::string& where) {
  if (error != 0)
    throw Error(where, fmt::format("a font is required, FreeType cannot read it (its error {}); "
                                   "install the package again or leave it out",
                                   error));
}

OpenFace open(FT_Library library, const std::filesystem::path& folder, const Source& source) {
  FT_Face face = nullptr;
  require(FT_New_Face(library, (folder / source.path).c_str(), source.index, &face), source.path);
  return OpenFace{face};
}

// Stretches the outline, each axis by itself, until its box is the picture, as notMNIST has it.
// Integers and no hinting, so that the same font gives the same bits everywhere.
bool stretch(FT_Outline& outline) {
  const std::span points(outline.points, static_cast<std::size_t>(outline.n_points));
  for (FT_Vector& point : points)  // finer, because the box of a curve is rounded to whole units
    point = {point.x * pixel, point.y * pixel};
  FT_BBox box;
  if (FT_Outline_Get_BBox(&outline, &box) != 0) return false;
  const FT_Pos width = box.xMax - box.xMin;
  const FT_Pos height = box.yMax - box.yMin;
  if (width <= 0 || height <= 0) return false;
  for (FT_Vector& point : points)
    point = {(point.x - box.xMin) * side * pixel / width,
             (point.y - box.yMin) * side * pixel / height};
  return true;
}

bool draw(FT_Library library, FT_Face face, std::size_t letter, Picture& picture) {
  const FT_UInt glyph = FT_Get_Char_Index(face, 'A' + letter);
  if (glyph == 0 || FT_Load_Glyph(face, glyph, FT_LOAD_NO_SCALE) != 0) return false;
  if (face->glyph->format != FT_GLYPH_FORMAT_OUTLINE) return false;
  FT_Outline& outline = face->glyph->outline;
  if (outline.n_points == 0 || !stretch(outline)) return false;
  picture.fill(0);
  FT_Bitmap bitmap{};
  bitmap.rows = bitmap.width = side;
  bitmap.pitch = side;
  bitmap.buffer = picture.data();
  bitmap.num_grays = 256;
  bitmap.pixel_mode = FT_PIXEL_MODE_GRAY;
  return FT_Outline_Get_Bitmap(library, &outline, &bitmap) == 0;
}

bool two_alike(const std::array<Picture, letters_count>& pictures) {
  for (auto picture = pictures.begin(); picture != pictures.end(); ++picture)
    if (std::find(picture + 1, pictures.end(), *picture) != pictures.end()) return true;
  return false;
}

std::uint64_t hash_of(const std::array<Picture, letters_count>& pictures) {
  std::string bytes;
  for (const Picture& picture : pictures) bytes.append(picture.begin(), picture.end());
  return render::hash_of(bytes);
}

}  // namespace

std::uint64_t mix(std::uint64_t bits) {  // the finaliser of SplitMix64
  bits = (bits ^ (bits >> 30)) * 0xbf58476d1ce4e5b9;
  bits = (bits ^ (bits >> 27)) * 0x94d049bb133111eb;
  return bits ^ (bits >> 31);
}

std::uint64_t hash_of(std::string_view bytes) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char byte : bytes) hash = (hash ^ static_cast<unsigned char>(byte)) * 0x100000001b3;
  return mix(hash);
}

std::string family_of(std::string_view name) {
  std::string family;
  for (const char c : name) {
    if (family.size() == 4) break;
    if (c >= 'A' && c <= 'Z') family += static_cast<char>(c - 'A' + 'a');
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) family += c;
  }
  return family;
}

FaceReader::FaceReader(std::filesystem::path folder) : folder_(std::move(folder)) {
  FT_Library library = nullptr;
  require(FT_Init_FreeType(&library), "FreeType");
  library_ = std::shared_ptr<FT_LibraryRec_>(library, FT_Done_FreeType);
}

long FaceReader::faces(const std::string& path) const {
  return open(library_.get(), folder_, {path, -1})->num_faces;  // -1 asks for the number alone
}

std::optional<Face> FaceReader::read(const Source& source) const {
  const OpenFace font = open(library_.get(), folder_, source);
  if (FT_Select_Charmap(font.get(), FT_ENCODING_UNICODE) != 0) return std::nullopt;
  Face face{source, {}, {}, 0};
  for (std::size_t letter = 0; letter < letters_count; ++letter)
    if (!draw(library_.get(), font.get(), letter, face.pictures[letter])) return std::nullopt;
  if (two_alike(face.pictures)) return std::nullopt;
  face.family = family_of(font->family_name != nullptr ? font->family_name : "");
  if (face.family.empty())
    face.family = family_of(std::filesystem::path(source.path).stem().string());
  face.hash = hash_of(face.pictures);
  return face;
}

}  // namespace etch::render
