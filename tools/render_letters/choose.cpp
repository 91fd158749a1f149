#include "render_letters/choose.hpp"

#include <algorithm>
#include <compare>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <map>
#include <span>
#include <string>
#include <utility>

namespace etch::render {
namespace {

// Mean difference of pixels, of 255, up to which two faces are the same one. Most other formats and
// releases of a face differ by less than 1; at 4 are widths and optical sizes that the stretch has
// made equal.
constexpr int same_face = 4;

// So many letters of ten must be the wrong ones for a face to be dropped. Symbols have 8 to 10 of
// them, as a rule, and letters in outline or on tiles up to 6. So has Greek, which is not found.
constexpr int symbol_letters = 7;

// Two faces that share a picture are the same one too, so that no picture is in two parts. An I
// does not count: without serifs it is a white square in every face.
bool share_picture(const Face& a, const Face& b) {
  for (std::size_t letter = 0; letter < letters_count; ++letter)
    if (letter != 'I' - 'A' && a.pictures[letter] == b.pictures[letter]) return true;
  return false;
}

bool look_the_same(const Face& a, const Face& b) {
  constexpr int limit = same_face * letters_count * side * side;
  int sum = 0;
  for (std::size_t letter = 0; letter < letters_count && sum <= limit; ++letter)
    for (std::size_t i = 0; i < side * side; ++i)
      sum += std::abs(a.pictures[letter][i] - b.pictures[letter][i]);
  return sum <= limit;
}

// A picture seen from afar: 7 x 7 means of 4 x 4 pixels. It tells letters apart as well as 14 x 14.
constexpr int small_side = 7;
using Thumbnail = std::array<int, small_side * small_side>;

Thumbnail shrink(const Picture& picture) {
  constexpr int factor = side / small_side;
  Thumbnail thumbnail{};
  for (std::size_t i = 0; i < picture.size(); ++i)
    thumbnail[i / side / factor * small_side + i % side / factor] += picture[i];
  for (int& sum : thumbnail) sum /= factor * factor;
  return thumbnail;
}

// Squared distance, or some number above `limit` if it is greater than that.
int distance(const Thumbnail& a, const Thumbnail& b, int limit) {
  int sum = 0;
  for (std::size_t row = 0; row < a.size() && sum <= limit; row += small_side)
    for (std::size_t i = row; i < row + small_side; ++i) sum += (a[i] - b[i]) * (a[i] - b[i]);
  return sum;
}

struct Neighbour {
  int distance = std::numeric_limits<int>::max();
  std::size_t letter = letters_count;
  auto operator<=>(const Neighbour&) const = default;  // whole, so that no sort is left a choice
};

// Families vote for the letter that a picture shows, each with the picture of its own that is
// nearest. Nine of them, because one symbol may be found in two or three families, and an unusual
// letter in few more.
class Voters {
 public:
  explicit Voters(const std::vector<Face>& faces) {
    std::map<std::string, std::size_t> numbers;
    for (const Face& face : faces) {
      families_.push_back(numbers.emplace(face.family, numbers.size()).first->second);
      for (const Picture& picture : face.pictures) thumbnails_.push_back(shrink(picture));
    }
    count_ = numbers.size();
  }

  // The letter with most votes of the families other than the face's; `letter` if there are none.
  std::size_t ask(std::size_t face, std::size_t letter) const {
    constexpr std::ptrdiff_t most = 9;
    std::vector<Neighbour> near = nearest_of_families(face, letter);
    const auto voters = std::min(most, std::ssize(near));
    std::ranges::partial_sort(near, near.begin() + voters);
    std::array<int, letters_count> votes{};
    for (const Neighbour& neighbour : std::span(near).first(static_cast<std::size_t>(voters)))
      if (neighbour.letter < letters_count) ++votes[neighbour.letter];
    const auto first = std::ranges::max_element(votes);
    return *first == votes[letter] ? letter : static_cast<std::size_t>(first - votes.begin());
  }

 private:
  std::vector<Neighbour> nearest_of_families(std::size_t face, std::size_t letter) const {
    const Thumbnail& own = thumbnails_[face * letters_count + letter];
    std::vector<Neighbour> near(count_);
    for (std::size_t other = 0; other < families_.size(); ++other) {
      if (families_[other] == families_[face]) continue;
      Neighbour& nearest = near[families_[other]];
      for (std::size_t l = 0; l < letters_count; ++l) {
        const int d = distance(own, thumbnails_[other * letters_count + l], nearest.distance);
        if (d < nearest.distance) nearest = {d, l};
      }
    }
    return near;
  }

  std::vector<std::size_t> families_;  // by face
  std::vector<Thumbnail> thumbnails_;  // ten a face
  std::size_t count_ = 0;
};

}  // namespace

std::size_t part_of(const Face& face) {
  const std::uint64_t tenth = hash_of(face.family) % 10;
  return tenth < 8 ? 0 : tenth - 7;
}

void drop_duplicates(std::vector<Face>& faces) {
  std::ranges::sort(faces, {}, [](const Face& face) { return std::pair(face.hash, face.source); });
  std::vector<Face> kept;
  for (Face& face : faces)
    if (std::ranges::none_of(kept, [&](const Face& other) {
          return share_picture(face, other) || look_the_same(face, other);
        }))
      kept.push_back(std::move(face));
  faces = std::move(kept);
}

void drop_symbols(std::vector<Face>& faces) {
  const Voters voters(faces);
  std::vector<Face> kept;
  for (std::size_t face = 0; face < faces.size(); ++face) {
    int wrong = 0;
    for (std::size_t letter = 0; letter < letters_count; ++letter)
      wrong += voters.ask(face, letter) != letter;
    if (wrong < symbol_letters) kept.push_back(faces[face]);
  }
  faces = std::move(kept);
}

void choose(std::vector<Face>& faces, std::size_t wanted) {
  std::ranges::sort(faces, {}, &Face::hash);
  std::map<std::string, int> seen;
  std::vector<std::pair<int, std::size_t>> order;  // rank in its family, place by hash
  for (std::size_t face = 0; face < faces.size(); ++face)
    order.emplace_back(seen[faces[face].family]++, face);
  std::ranges::sort(order);
  std::array<std::size_t, 3> room{wanted - wanted / 10 * 2, wanted / 10, wanted / 10};
  std::vector<Face> kept;
  for (const auto& [rank, face] : order) {
    std::size_t& left = room[part_of(faces[face])];
    if (left == 0) continue;
    --left;
    kept.push_back(std::move(faces[face]));
  }
  faces = std::move(kept);
}

}  // namespace etch::render
