#ifndef ETCH_IO_CHECKPOINT_FILE_HPP
#define ETCH_IO_CHECKPOINT_FILE_HPP

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace etch::detail {

/// What a file must know of a network, without its type.
struct Schema {
  struct Variable {
    std::string name;  // "0_conv2d.kernel"
    std::vector<int> shape;
    std::size_t layer;   // counted from 0
    std::size_t offset;  // of its floats in the parameters
    std::size_t size;    // elements
    std::size_t index;   // among the layer's variables
    std::size_t (*place)(std::size_t index, std::size_t element);
  };

  std::vector<std::string> layers;  // "Input<28, 28, 1>", "Conv2D<16, 5, Same, 2>", "ReLU", ...
  std::vector<Variable> variables;  // in the order of the layers
};

void write_checkpoint(const std::filesystem::path& path, const Schema& schema,
                      std::span<const float> parameters);
void read_checkpoint(const std::filesystem::path& path, const Schema& schema,
                     std::span<float> parameters);

}  // namespace etch::detail

#endif
