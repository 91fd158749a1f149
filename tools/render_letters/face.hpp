#ifndef ETCH_TOOLS_RENDER_LETTERS_FACE_HPP
#define ETCH_TOOLS_RENDER_LETTERS_FACE_HPP

#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

struct FT_LibraryRec_;

namespace etch::render {

inline constexpr int side = 28;           // pixels, as in MNIST and notMNIST
inline constexpr int letters_count = 10;  // A to J

/// Rows from the top, 0 = background, 255 = ink.
using Picture = std::array<std::uint8_t, side * side>;

/// One face of a font file; a collection (.ttc) has several, counted from 0.
struct Source {
  std::string path;  // below the folder of fonts, with '/'
  long index = 0;
  auto operator<=>(const Source&) const = default;
};

struct Face {
  Source source;
  std::string family;                           // see family_of
  std::array<Picture, letters_count> pictures;  // A to J
  std::uint64_t hash = 0;                       // of the pictures, whatever the file is called
};

/// FNV-1a, then mixed so that its low bits are as good as its high ones. Written out because
/// std::hash differs between libraries, and the choice of faces must not.
std::uint64_t hash_of(std::string_view bytes);
std::uint64_t mix(std::uint64_t bits);

/// The first four letters or digits of a family's name in lower case: many fonts carry their
/// weight, width or size in the name, and "Oswald Light" belongs with "Oswald", "drmit10" with
/// "drmit7".
std::string family_of(std::string_view name);

/// Opens font files by FreeType and draws their letters.
class FaceReader {
 public:
  explicit FaceReader(std::filesystem::path folder);

  /// How many faces a file below the folder holds. Throws etch::Error if it cannot be read.
  long faces(const std::string& path) const;

  /// The letters of a face, or nothing if it has none: no outlines, a letter missing or empty, or
  /// two letters alike, as when every one is the same box. Throws etch::Error if it cannot be read.
  std::optional<Face> read(const Source& source) const;

  /// The face and variants of it, so many in all: see variant.hpp.
  std::vector<Face> variants(const Face& plain, std::size_t count) const;

 private:
  std::filesystem::path folder_;
  std::shared_ptr<FT_LibraryRec_> library_;
};

}  // namespace etch::render

#endif
