// Writes what load_dataset takes a path for, for tests in Python: a line "height width train
// validation test", then of each part its pictures as float32 and its labels as bytes. An error is
// a line on standard error.
#include <cstdio>
#include <cstring>
#include <exception>
#include <vector>

#include "etch/io/dataset.hpp"

namespace {

void write(const void* data, std::size_t size) {
  std::fwrite(data, 1, size, stdout);
}

void write(const etch::Split& part) {
  const etch::Pictures pictures = part.pictures();
  std::vector<float> values(part.values);
  for (std::size_t i = 0; i < part.size(); ++i) {
    for (std::size_t j = 0; pictures.bytes(i) != nullptr && j < values.size(); ++j) {
      values[j] = (static_cast<float>(pictures.bytes(i)[j]) - 127.5f) / 255.0f;
    }
    if (pictures.floats(i) != nullptr) {
      std::memcpy(values.data(), pictures.floats(i), values.size() * sizeof(float));
    }
    write(values.data(), values.size() * sizeof(float));
  }
  write(part.labels.data(), part.size());
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc != 2) return 2;
  const etch::Dataset data = etch::load_dataset(argv[1]);
  std::printf("%zu %zu %zu %zu %zu\n", data.height, data.width, data.train.size(),
              data.validation.size(), data.test.size());
  for (const etch::Split* part : {&data.train, &data.validation, &data.test}) write(*part);
} catch (const std::exception& error) {
  std::fprintf(stderr, "etch: %s\n", error.what());
  return 1;
}
