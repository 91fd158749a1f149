#ifndef ETCH_TOOLS_RENDER_LETTERS_CHOOSE_HPP
#define ETCH_TOOLS_RENDER_LETTERS_CHOOSE_HPP

#include <array>
#include <cstddef>
#include <string_view>
#include <vector>

#include "render_letters/face.hpp"

namespace etch::render {

inline constexpr std::array<std::string_view, 3> part_names{"train", "validation", "test"};

/// The part that a face belongs to, 0 to 2 for 80, 10 and 10 % of the families. Families stay
/// together, so that the bold of a face is never tested on a model that has learned the regular.
std::size_t part_of(const Face& face);

/// Keeps, of faces whose letters look the same, the one with the least hash. Sorts by hash.
void drop_duplicates(std::vector<Face>& faces);

/// Drops faces of symbols or of another script in the places of A to J: those whose pictures
/// mostly resemble another letter of other families.
void drop_symbols(std::vector<Face>& faces);

/// Keeps `wanted` faces or fewer, 8 : 1 : 1 in the three parts: one of every family, then a second
/// one, and so on, since families of 70 weights would crowd out the rest.
void choose(std::vector<Face>& faces, std::size_t wanted);

}  // namespace etch::render

#endif
