#include "render_letters/write.hpp"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <string>
#include <system_error>
#include <tuple>
#include <utility>

#include "etch/base/error.hpp"
#include "etch/io/fail.hpp"
#include "etch/io/new_file.hpp"
#include "etch/io/png.hpp"
#include "render_letters/choose.hpp"

namespace etch::render {
namespace {

using Bytes = std::vector<std::uint8_t>;

void write_file(const std::filesystem::path& path, const Bytes& bytes) {
  etch::detail::NewFile file(path);
  file.write(bytes);
  file.finish();
}

void remove_file(const std::filesystem::path& path) {
  std::error_code error;
  std::filesystem::remove(path, error);
  if (error) etch::detail::refuse_unwritable(path, error.message());
}

// Without name and time, so that equal pictures are equal files.
Bytes gzip(Bytes bytes, int level) {
  z_stream stream{};
  constexpr int gzip_window = 15 + 16;
  constexpr int most_memory = 9;
  if (deflateInit2(&stream, level, Z_DEFLATED, gzip_window, most_memory, Z_DEFAULT_STRATEGY) !=
      Z_OK)
    throw Error("zlib", "memory to compress is required, there is none; close other programs");
  Bytes packed(deflateBound(&stream, bytes.size()));
  stream.next_in = bytes.data();
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = packed.data();
  stream.avail_out = static_cast<uInt>(packed.size());
  deflate(&stream, Z_FINISH);  // ends in one call, since there is room for deflateBound
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

// The head of an IDX file of bytes: its number of axes, then their lengths, big endian.
Bytes idx_head(std::initializer_list<std::size_t> lengths) {
  constexpr std::uint8_t unsigned_bytes = 8;
  Bytes head{0, 0, unsigned_bytes, static_cast<std::uint8_t>(lengths.size())};
  for (const std::size_t length : lengths)
    for (int shift = 24; shift >= 0; shift -= 8)
      head.push_back(static_cast<std::uint8_t>(length >> shift & 0xff));
  return head;
}

struct Sample {
  std::uint64_t key;
  const Face* face;
  std::size_t letter;
};

// Minibatches are read in stored order, so the order must mix faces and letters.
std::vector<Sample> mixed_samples(const std::vector<Face>& faces, std::size_t part) {
  std::vector<Sample> samples;
  for (const Face& face : faces)
    for (std::size_t letter = 0; letter < letters_count && part_of(face) == part; ++letter)
      samples.push_back({mix(face.hash + letter), &face, letter});
  std::ranges::sort(samples, {}, [](const Sample& sample) {
    return std::tuple(sample.key, sample.face->hash, sample.letter);
  });
  return samples;
}

}  // namespace

void write_idx(const std::filesystem::path& folder, const std::vector<Face>& faces, int level) {
  for (std::size_t part = 0; part < part_names.size(); ++part) {
    const auto images_file = folder / fmt::format("{}-images-idx3-ubyte.gz", part_names[part]);
    const auto labels_file = folder / fmt::format("{}-labels-idx1-ubyte.gz", part_names[part]);
    const std::vector<Sample> samples = mixed_samples(faces, part);
    if (samples.empty()) {  // nor must those of an older set stay
      remove_file(images_file);
      remove_file(labels_file);
      continue;
    }
    Bytes images = idx_head({samples.size(), side, side});
    Bytes labels = idx_head({samples.size()});
    for (const Sample& sample : samples) {
      const Picture& picture = sample.face->pictures[sample.letter];
      images.insert(images.end(), picture.begin(), picture.end());
      labels.push_back(static_cast<std::uint8_t>(sample.letter));
    }
    write_file(images_file, gzip(std::move(images), level));
    write_file(labels_file, gzip(std::move(labels), level));
  }
}

void write_sheet(const std::filesystem::path& file, const std::vector<Face>& faces) {
  std::vector<const Face*> shown;
  for (const Face& face : faces) shown.push_back(&face);
  std::ranges::sort(shown, {}, [](const Face* face) { return mix(face->hash); });
  shown.resize(std::min<std::size_t>(shown.size(), 100));

  constexpr std::size_t columns = 4, cell = side + 2, gap = 8;
  constexpr std::uint8_t grey = 128;
  constexpr std::size_t step = letters_count * cell + gap;
  const std::size_t rows = (shown.size() + columns - 1) / columns;
  const std::size_t width = columns * step;
  Bytes pixels(width * rows * cell, grey);
  for (std::size_t i = 0; i < shown.size(); ++i)
    for (std::size_t letter = 0; letter < letters_count; ++letter)
      for (std::size_t y = 0; y < side; ++y)
        std::memcpy(
            &pixels[(i / columns * cell + y + 1) * width + i % columns * step + letter * cell + 1],
            &shown[i]->pictures[letter][y * side], side);
  write_png(file, pixels, width, rows * cell);
}

void write_list(const std::filesystem::path& file, const std::vector<Face>& faces) {
  std::vector<Source> sources;
  for (const Face& face : faces) sources.push_back(face.source);
  std::ranges::sort(sources);
  std::string lines;
  for (const Source& source : sources) lines += fmt::format("{} {}\n", source.index, source.path);
  write_file(file, {lines.begin(), lines.end()});
}

}  // namespace etch::render
