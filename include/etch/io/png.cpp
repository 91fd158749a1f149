#include "etch/io/png.hpp"

#include <fmt/format.h>
#include <png.h>

#include <memory>

#include "etch/io/walk.hpp"

namespace etch::detail {
namespace {

struct Free {
  void operator()(png_image* image) const { png_image_free(image); }
};

}  // namespace

// libpng's simplified interface: it returns errors, while the other one jumps over destructors.
void decode_png(std::span<const std::uint8_t> file, std::size_t height, std::size_t width,
                std::uint8_t* pixels) {
  if (file.empty()) throw Unusable("a PNG picture expected, an empty file found");
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  const std::unique_ptr<png_image, Free> owner{&image};
  if (png_image_begin_read_from_memory(&image, file.data(), file.size()) == 0) {
    throw Unusable(fmt::format("a PNG picture expected, {}", image.message));
  }
  if (image.height != height || image.width != width) {
    throw Unusable(fmt::format("{}x{} (height x width) expected, {}x{} found", height, width,
                               image.height, image.width));
  }
  image.format = PNG_FORMAT_GRAY;
  image.flags |= PNG_IMAGE_FLAG_16BIT_sRGB;  // as 8-bit pictures; libpng would take it for linear
  const png_color black{0, 0, 0};
  if (png_image_finish_read(&image, &black, pixels, 0, nullptr) == 0) {
    throw Unusable(fmt::format("a whole PNG picture expected, {}", image.message));
  }
}

}  // namespace etch::detail
