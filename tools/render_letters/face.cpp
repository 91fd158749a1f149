#include "render_letters/face.hpp"

#include <fmt/format.h>
#include <ft2build.h>
#include FT_FREETYPE_H

#include <algorithm>
#include <numeric>
#include <span>
#include <type_traits>
#include <utility>

#include "etch/base/error.hpp"
#include "render_letters/outline.hpp"
#include "render_letters/variant.hpp"

namespace etch::render {
namespace {

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

// Without hinting, so that the same font gives the same bits everywhere; nothing if there is none.
FT_Outline* glyph_of(FT_Face face, std::size_t letter) {
  const FT_UInt glyph = FT_Get_Char_Index(face, 'A' + letter);
  if (glyph == 0 || FT_Load_Glyph(face, glyph, FT_LOAD_NO_SCALE) != 0) return nullptr;
  if (face->glyph->format != FT_GLYPH_FORMAT_OUTLINE) return nullptr;
  return &face->glyph->outline;
}

// The box of the glyph becomes the picture, as notMNIST has it.
bool draw_plain(FT_Library library, FT_Outline& outline, Picture& picture) {
  for (FT_Vector& point : points_of(outline))  // finer, because the box is in whole units
    point = {point.x * pixel, point.y * pixel};
  const auto box = box_of(outline);
  if (!box) return false;
  stretch(outline, *box, side * pixel, side * pixel);
  return draw(library, outline, picture);
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

// Draws that leave less ink than the thinnest script has, or hardly a hole, are no letters. An I
// may be all ink.
constexpr int least_ink = 12, most_ink = 225;  // mean of a picture, of 255
constexpr std::uint32_t attempts = 8;

bool legible(const Picture& picture, std::size_t letter) {
  const int sum = std::accumulate(picture.begin(), picture.end(), 0);
  const int ink = sum / (side * side);
  return ink >= least_ink && (ink <= most_ink || letter == 'I' - 'A');
}

bool draw_all(FT_Library library, const std::vector<Outline>& glyphs, const Variant& variant,
              std::array<Picture, letters_count>& pictures) {
  for (std::size_t letter = 0; letter < letters_count; ++letter)
    if (!draw(library, *glyphs[letter].get(), variant, pictures[letter]) ||
        !legible(pictures[letter], letter))
      return false;
  return !two_alike(pictures);
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
  for (std::size_t letter = 0; letter < letters_count; ++letter) {
    FT_Outline* const glyph = glyph_of(font.get(), letter);
    if (glyph == nullptr || !draw_plain(library_.get(), *glyph, face.pictures[letter]))
      return std::nullopt;
  }
  if (two_alike(face.pictures)) return std::nullopt;
  face.family = family_of(font->family_name != nullptr ? font->family_name : "");
  if (face.family.empty())
    face.family = family_of(std::filesystem::path(source.path).stem().string());
  face.hash = hash_of(face.pictures);
  return face;
}

std::vector<Face> FaceReader::variants(const Face& plain, std::size_t count) const {
  std::vector<Face> faces(std::min<std::size_t>(count, 1), plain);
  if (count < 2) return faces;
  const OpenFace font = open(library_.get(), folder_, plain.source);
  FT_Select_Charmap(font.get(), FT_ENCODING_UNICODE);
  std::vector<Outline> glyphs;
  for (std::size_t letter = 0; letter < letters_count; ++letter) {
    const FT_Outline* const glyph = glyph_of(font.get(), letter);
    if (glyph == nullptr) return faces;  // the file was another one when it was read
    glyphs.emplace_back(library_.get(), *glyph);
  }
  for (std::uint32_t number = 1; number < count; ++number) {
    Face face = plain;
    for (std::uint32_t attempt = 0; attempt < attempts; ++attempt) {
      if (draw_all(library_.get(), glyphs, draw_variant(plain.hash, number, attempt),
                   face.pictures))
        break;
      face.pictures = plain.pictures;
    }
    face.hash = hash_of(face.pictures);
    faces.push_back(std::move(face));
  }
  return faces;
}

}  // namespace etch::render
