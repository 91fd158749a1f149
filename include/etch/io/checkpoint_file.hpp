#ifndef ETCH_IO_CHECKPOINT_FILE_HPP
#define ETCH_IO_CHECKPOINT_FILE_HPP

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "etch/net/placed_variable.hpp"

namespace etch::detail {

/// What a file must know of a network, without its type.
struct Schema {
  std::vector<std::string> layers;  // "Input<28, 28, 1>", "Conv2D<16, 5, Same, 2>", "ReLU", ...
  std::span<const PlacedVariable> variables;
};

void write_checkpoint(const std::filesystem::path& path, const Schema& schema,
                      std::span<const float> parameters);
void read_checkpoint(const std::filesystem::path& path, const Schema& schema,
                     std::span<float> parameters);

}  // namespace etch::detail

#endif
