#include "etch/io/png.hpp"

#include <fmt/format.h>
#include <png.h>

#include <cstdio>
#include <memory>

#include "etch/io/fail.hpp"
#include "etch/io/file.hpp"
#include "etch/io/new_file.hpp"
#include "etch/io/walk.hpp"

namespace etch {
namespace {

namespace fs = std::filesystem;
using detail::refuse;
using detail::Unusable;

constexpr std::size_t largest_side = 8192;  // 64 MB of pixels
constexpr const char* check_picture = "check it, or give another picture";

struct Free {
  void operator()(png_image* image) const { png_image_free(image); }
};

/// A picture that libpng has opened, its size known and nothing decoded. libpng's simplified
/// interface returns errors, while the other one jumps over destructors.
class Reader {
 public:
  explicit Reader(std::span<const std::uint8_t> file) {
    if (file.empty()) throw Unusable("a PNG picture expected, an empty file found");
    begun(png_image_begin_read_from_memory(&image_, file.data(), file.size()));
  }
  explicit Reader(std::FILE* file) { begun(png_image_begin_read_from_stdio(&image_, file)); }

  std::size_t width() const { return image_.width; }
  std::size_t height() const { return image_.height; }

  /// Into `pixels` [height * width].
  void decode(std::uint8_t* pixels) {
    image_.format = PNG_FORMAT_GRAY;
    image_.flags |=
        PNG_IMAGE_FLAG_16BIT_sRGB;  // as 8-bit pictures; libpng would take it for linear
    const png_color black{0, 0, 0};
    if (png_image_finish_read(&image_, &black, pixels, 0, nullptr) == 0) {
      throw Unusable(fmt::format("a whole PNG picture expected, {}", image_.message));
    }
  }

 private:
  void begun(int success) {
    if (success == 0) throw Unusable(fmt::format("a PNG picture expected, {}", image_.message));
  }

  png_image image_ = [] {
    png_image image{};
    image.version = PNG_IMAGE_VERSION;
    return image;
  }();
  std::unique_ptr<png_image, Free> owner_{&image_};
};

}  // namespace

void write_png(const fs::path& path, std::span<const std::uint8_t> gray, std::size_t width,
               std::size_t height) {
  constexpr std::size_t most = 1'000'000;  // libpng's own limit of a side
  const bool sides = width >= 1 && width <= most && height >= 1 && height <= most;
  if (!sides || gray.size() != width * height) {
    refuse(
        path,
        fmt::format("pixels of a picture expected, {} of {}x{} found", gray.size(), width, height),
        "give width * height bytes");
  }
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  image.width = static_cast<png_uint_32>(width);
  image.height = static_cast<png_uint_32>(height);
  image.format = PNG_FORMAT_GRAY;
  const std::unique_ptr<png_image, Free> owner{&image};
  png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(image);
  std::vector<std::uint8_t> png(size);
  if (png_image_write_to_memory(&image, png.data(), &size, 0, gray.data(), 0, nullptr) == 0) {
    refuse(path, fmt::format("a picture that libpng can write expected, {}", image.message),
           "give a smaller one");
  }
  detail::NewFile file(path);
  file.write(std::span(png).first(size));
  file.finish();
}

GrayPicture read_png(const fs::path& path) {
  const detail::File file = detail::open_file(path, "a PNG picture");
  try {
    Reader reader(file.get());
    if (reader.width() > largest_side || reader.height() > largest_side) {
      refuse(path,
             fmt::format("at most {0}x{0} pixels expected, {1}x{2} (width x height) found",
                         largest_side, reader.width(), reader.height()),
             "make it smaller");
    }
    GrayPicture picture{reader.width(), reader.height(), {}};
    picture.pixels.resize(picture.width * picture.height);
    reader.decode(picture.pixels.data());
    return picture;
  } catch (const Unusable& error) {
    refuse(path, error.what(), check_picture);
  }
}

void detail::decode_png(std::span<const std::uint8_t> file, std::size_t height, std::size_t width,
                        std::uint8_t* pixels) {
  Reader reader(file);
  if (reader.height() != height || reader.width() != width) {
    throw Unusable(fmt::format("{}x{} (height x width) expected, {}x{} found", height, width,
                               reader.height(), reader.width()));
  }
  reader.decode(pixels);
}

}  // namespace etch
