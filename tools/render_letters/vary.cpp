#include "render_letters/vary.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <string>
#include <utility>

#include "etch/base/error.hpp"
#include "render_letters/choose.hpp"

namespace etch::render {
namespace {

// What a face counts by the size of its family. Families of 70 weights would crowd out scripts and
// the like, which come alone; but two weights show more than one. IEEE rounds both operations, so
// this is the same on every machine.
std::size_t weight_of(std::size_t family_size) {
  return static_cast<std::size_t>(65'536 / std::sqrt(static_cast<double>(family_size)));
}

}  // namespace

std::vector<Face> vary(const FaceReader& reader, std::vector<Face> faces, std::size_t pictures) {
  std::ranges::sort(faces, {}, [](const Face& face) { return std::pair(face.hash, face.source); });
  std::map<std::string, std::size_t> family_sizes;
  for (const Face& face : faces) ++family_sizes[face.family];
  std::array<std::size_t, part_names.size()> count{}, weight{}, passed{};
  for (const Face& face : faces) {
    ++count[part_of(face)];
    weight[part_of(face)] += weight_of(family_sizes[face.family]);
  }
  if (count[0] == 0)
    throw Error("--pictures",
                "a face to train on is required, all faces came into the other parts; "
                "add fonts of other families");
  std::vector<Face> all;
  for (const Face& face : faces) {
    const std::size_t part = part_of(face);
    const std::size_t alphabets = pictures / letters_count * count[part] / count[0];
    const std::size_t before = alphabets * passed[part] / weight[part];
    passed[part] += weight_of(family_sizes[face.family]);
    const std::size_t after = alphabets * passed[part] / weight[part];
    for (Face& variant : reader.variants(face, after - before)) all.push_back(std::move(variant));
  }
  return all;
}

}  // namespace etch::render
