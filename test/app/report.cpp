#include "etch/app/report.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "catch.hpp"
#include "etch/base/error.hpp"
#include "etch/io/png.hpp"

using namespace etch;
using namespace etch::app;

namespace {

/// A folder of its own, gone after the test.
struct Folder {
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "etch-app-XXXXXX").string();
    path = mkdtemp(name.data());
  }
  ~Folder() { std::filesystem::remove_all(path); }
  std::filesystem::path path;
};

}  // namespace

TEST_CASE("Ten classes are letters, others numbers") {
  CHECK(label_text(0, 10) == "A");
  CHECK(label_text(9, 10) == "J");
  CHECK(label_text(9, 11) == "9");
  CHECK(label_text(0, 2) == "0");
}

TEST_CASE("Confusion counts true labels down and predicted ones across") {
  // Of 0 three, one of them missed; of 1 one; of 2 none; nothing is taken for 3.
  const std::vector<Prediction> predictions{{0, 1}, {0, 1}, {1, 1}, {1, 1}, {2, 1}};
  const std::vector<std::uint8_t> labels{0, 0, 0, 1, 3};
  CHECK(confusion(predictions, labels, 4) ==
        "Confusion, true letters down, predicted ones across:\n"
        "               0      1      2      3   Recall\n"
        "0              2      1      0      0    66.7%\n"
        "1              0      1      0      0   100.0%\n"
        "2              0      0      0      0        -\n"
        "3              0      0      1      0     0.0%\n"
        "Precision 100.0%  50.0%   0.0%      -\n");
  CHECK_THROWS_AS(confusion(predictions, labels, 3), Error);
}

TEST_CASE("The worst mistakes come first, whether pictures are bytes or floats") {
  const Folder folder;
  const auto file = folder.path / "sheet.png";
  const std::vector<std::uint8_t> labels{0, 1, 2, 3}, bytes{10, 20, 30, 40};
  std::vector<float> floats;
  for (const int p : {10, 20, 30, 40}) floats.push_back((static_cast<float>(p) - 127.5f) / 255);
  const std::vector<Prediction> predictions{{1, 0.5f}, {1, 1.0f}, {3, 0.99f}, {4, NAN}};
  for (const Pictures& pictures : {Pictures(bytes, 1), Pictures(floats, 1)}) {
    CHECK(write_mistakes(file, predictions, {pictures, labels}, 1, 1, 10) ==
          "Mistakes: 3 of 4, the worst 3 in " + file.string() + "\n");
    const GrayPicture sheet = read_png(file);
    std::vector<std::uint8_t> found;  // the pictures' pixels, from left to right
    for (std::uint8_t pixel : sheet.pixels) {
      if (pixel <= 40) found.push_back(pixel);
    }
    CHECK(found == std::vector<std::uint8_t>{30, 10, 40});
  }
}

TEST_CASE("Up to 100 mistakes are shown, and a sheet of none is not written") {
  const Folder folder;
  const auto file = folder.path / "sheet.png";
  const std::vector<std::uint8_t> labels(150), pixels(150);
  std::vector<Prediction> predictions(150, {1, 0.5f});
  const Minibatch samples{Pictures(pixels, 1), labels};
  CHECK(write_mistakes(file, predictions, samples, 1, 1, 10) ==
        "Mistakes: 150 of 150, the worst 100 in " + file.string() + "\n");
  const GrayPicture sheet = read_png(file);
  CHECK(std::count(sheet.pixels.begin(), sheet.pixels.end(), 0) == 100);
  std::filesystem::remove(file);
  for (Prediction& prediction : predictions) prediction.label = 0;
  CHECK(write_mistakes(file, predictions, samples, 1, 1, 10) ==
        "Mistakes: 0 of 150, no sheet is written\n");
  CHECK(!std::filesystem::exists(file));
}

TEST_CASE("A floats' pixel is the nearest, within its range, and black where it is no number") {
  const Folder folder;
  const auto file = folder.path / "sheet.png";
  const std::vector<float> floats{-0.5f, 0.5f, -7, 7, NAN, 0.0f};
  const std::vector<std::uint8_t> labels(1);
  write_mistakes(file, std::vector<Prediction>{{1, 1}}, {Pictures(floats, 6), labels}, 6, 1, 10);
  const GrayPicture sheet = read_png(file);
  const auto row = sheet.pixels.begin() + static_cast<std::ptrdiff_t>(2 * sheet.width);
  const auto left = row + static_cast<std::ptrdiff_t>((sheet.width - 6) / 2);
  CHECK(std::vector<int>(left, left + 6) == std::vector<int>{0, 255, 0, 255, 0, 128});
}

TEST_CASE("A prediction begins with the best class") {
  CHECK(prediction("a\nb.png", std::vector<float>{0.25f, 0.625f, 0.125f}) ==
        "a?b.png: 1 62.5%\n"
        "  0   0.250000\n"
        "  1   0.625000\n"
        "  2   0.125000\n");
}
