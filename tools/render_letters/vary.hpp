#ifndef ETCH_TOOLS_RENDER_LETTERS_VARY_HPP
#define ETCH_TOOLS_RENDER_LETTERS_VARY_HPP

#include <cstddef>
#include <vector>

#include "render_letters/face.hpp"

namespace etch::render {

/// The faces and variants of them, so many that there are `pictures` to train on, rounded down to
/// whole alphabets. The other parts grow alike, each by variants of its own faces. The order of the
/// faces does not matter. Throws etch::Error if none is to train on, or one cannot be read again.
std::vector<Face> vary(const FaceReader& reader, std::vector<Face> faces, std::size_t pictures);

}  // namespace etch::render

#endif
