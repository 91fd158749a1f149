#include "make.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <png.h>
#include <stdlib.h>  // mkdtemp
#include <zlib.h>

#include <clocale>
#include <fstream>
#include <stdexcept>

#include "catch.hpp"
#include "etch/base/error.hpp"
#include "etch/base/philox.hpp"

namespace etch::test {

namespace {

namespace fs = std::filesystem;

/// Of errors: where, what was required, what came, what to do.
constexpr const char* grammar = R"([^:\n]+: [^;\n]+ expected[^;\n]*, [^;\n]+; [^;\n]+)";

void require(bool good, const char* what) {
  if (!good) throw std::runtime_error(what);
}

void append(png_structp writer, png_bytep data, png_size_t size) {
  auto& bytes = *static_cast<Bytes*>(png_get_io_ptr(writer));
  bytes.insert(bytes.end(), data, data + size);
}

void append_number(Bytes& bytes, std::uint32_t number) {
  for (const int shift : {24, 16, 8, 0})
    bytes.push_back(static_cast<std::uint8_t>(number >> shift));
}

}  // namespace

Folder::Folder() {
  std::string name = fs::temp_directory_path() / "etch-io-XXXXXX";
  require(mkdtemp(name.data()) != nullptr, "mkdtemp");
  path_ = name;
}

Folder::~Folder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

fs::path Folder::write(const std::string& name, const Bytes& bytes) const {
  const fs::path path = path_ / name;
  fs::create_directories(path.parent_path());
  std::ofstream file(path, std::ios::binary);
  file.write(reinterpret_cast<const char*>(bytes.data()),
             static_cast<std::streamsize>(bytes.size()));
  require(file.good(), "write");
  return path;
}

Bytes pixels(std::uint32_t seed) {
  Bytes bytes(28 * 28);
  for (std::uint32_t i = 0; i < bytes.size(); ++i) {
    bytes[i] = static_cast<std::uint8_t>(RandomStream{.seed = seed}.word(i));
  }
  return bytes;
}

Bytes png(const Bytes& rows, const Png& kind) {
  Bytes bytes;
  png_structp writer = png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, nullptr, nullptr);
  png_infop info = png_create_info_struct(writer);
  png_set_write_fn(writer, &bytes, append, nullptr);
  png_set_IHDR(writer, info, kind.width, kind.height, kind.bit_depth, kind.color_type,
               kind.interlaced ? PNG_INTERLACE_ADAM7 : PNG_INTERLACE_NONE,
               PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  std::vector<png_color> palette;
  for (std::size_t i = 0; i < kind.palette.size(); i += 3) {
    palette.push_back({kind.palette[i], kind.palette[i + 1], kind.palette[i + 2]});
  }
  if (!palette.empty())
    png_set_PLTE(writer, info, palette.data(), static_cast<int>(palette.size()));
  png_write_info(writer, info);
  const std::size_t stride = png_get_rowbytes(writer, info);
  require(rows.size() == stride * kind.height, "png: rows");
  std::vector<png_bytep> pointers;
  for (std::size_t y = 0; y < kind.height; ++y) {
    pointers.push_back(const_cast<png_bytep>(rows.data() + y * stride));
  }
  png_write_image(writer, pointers.data());
  png_write_end(writer, info);
  png_destroy_write_struct(&writer, &info);
  return bytes;
}

Bytes archive(const std::vector<File>& files, const std::string& format,
              const std::string& filter) {
  std::size_t room = 1 << 16;
  for (const File& file : files) room += file.bytes.size() + 4096;
  Bytes bytes(room);
  std::size_t used = 0;
  std::setlocale(LC_CTYPE, "C.UTF-8");  // else libarchive 3.6 crashes on letters beyond ASCII
  ::archive* writer = archive_write_new();
  require(archive_write_set_format_by_name(writer, format.c_str()) == ARCHIVE_OK, "format");
  if (filter != "none")
    require(archive_write_add_filter_by_name(writer, filter.c_str()) == ARCHIVE_OK, "filter");
  require(archive_write_open_memory(writer, bytes.data(), room, &used) == ARCHIVE_OK, "open");
  for (const File& file : files) {
    archive_entry* entry = archive_entry_new();
    const bool folder = file.path.back() == '/';
    archive_entry_set_pathname_utf8(entry, file.path.c_str());
    archive_entry_set_filetype(entry, folder ? AE_IFDIR : AE_IFREG);
    archive_entry_set_perm(entry, 0755);
    archive_entry_set_size(entry, static_cast<la_int64_t>(file.bytes.size()));
    require(archive_write_header(writer, entry) == ARCHIVE_OK, "header");
    if (!folder) archive_write_data(writer, file.bytes.data(), file.bytes.size());
    archive_entry_free(entry);
  }
  require(archive_write_close(writer) == ARCHIVE_OK, "close");
  archive_write_free(writer);
  std::setlocale(LC_CTYPE, "C");
  return cut(bytes, used);
}

Bytes gzip(const Bytes& bytes) {
  z_stream stream{};
  constexpr int gzip_format = 16;
  require(
      deflateInit2(&stream, 9, Z_DEFLATED, MAX_WBITS + gzip_format, 8, Z_DEFAULT_STRATEGY) == Z_OK,
      "deflate");
  Bytes packed(deflateBound(&stream, bytes.size()));
  stream.next_in = const_cast<Bytef*>(bytes.data());
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = packed.data();
  stream.avail_out = static_cast<uInt>(packed.size());
  require(deflate(&stream, Z_FINISH) == Z_STREAM_END, "deflate");
  deflateEnd(&stream);
  return cut(packed, stream.total_out);
}

Bytes idx(std::uint32_t magic, const std::vector<std::uint32_t>& sizes, const Bytes& data) {
  Bytes bytes;
  append_number(bytes, magic);
  for (const std::uint32_t size : sizes) append_number(bytes, size);
  bytes.insert(bytes.end(), data.begin(), data.end());
  return bytes;
}

Bytes idx_images(std::uint32_t count, std::uint8_t tag) {
  Bytes data;
  for (std::uint32_t i = 0; i < count; ++i) {
    const auto low = static_cast<std::uint8_t>(i), high = static_cast<std::uint8_t>(i >> 8);
    data.insert(data.end(), {low, high, tag, 0});
  }
  return idx(0x0803, {count, 2, 2}, data);
}

Bytes idx_labels(std::uint32_t count) {
  Bytes data(count);
  for (std::uint32_t i = 0; i < count; ++i) data[i] = static_cast<std::uint8_t>(i % 10);
  return idx(0x0801, {count}, data);
}

std::string error_of(const fs::path& path, const SplitOptions& options) {
  try {
    load_dataset(path, options);
  } catch (const Error& error) {
    const std::string message = error.what();
    CHECK_THAT(message, Catch::Matchers::Matches(grammar));
    return message;
  }
  return "";
}

bool same(const Dataset& a, const Dataset& b) {
  const auto equal = [](const Split& x, const Split& y) {
    return x.pixels == y.pixels && x.labels == y.labels && x.values == y.values;
  };
  return a.height == b.height && a.width == b.width && equal(a.train, b.train) &&
         equal(a.validation, b.validation) && equal(a.test, b.test) && a.skipped == b.skipped;
}

}  // namespace etch::test
