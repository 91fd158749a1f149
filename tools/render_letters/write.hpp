#ifndef ETCH_TOOLS_RENDER_LETTERS_WRITE_HPP
#define ETCH_TOOLS_RENDER_LETTERS_WRITE_HPP

#include <cstddef>
#include <filesystem>
#include <vector>

#include "render_letters/face.hpp"

namespace etch::render {

/// Writes `<part>-images-idx3-ubyte.gz` and `<part>-labels-idx1-ubyte.gz` of the three parts into
/// the folder, the pictures in an order that looks random and depends on nothing but the faces.
/// A part without faces has no files. `level` is gzip's, 1 to 9. Each file appears whole or not at
/// all. Throws etch::Error if it cannot be written.
void write_idx(const std::filesystem::path& folder, const std::vector<Face>& faces, int level);

/// Writes a grey PNG with the letters of up to 100 faces, picked at random by hash, in 4 columns.
void write_sheet(const std::filesystem::path& file, const std::vector<Face>& faces);

/// Writes a line `index path` for each face, sorted by path: what `--fonts` reads.
void write_list(const std::filesystem::path& file, const std::vector<Face>& faces);

}  // namespace etch::render

#endif
