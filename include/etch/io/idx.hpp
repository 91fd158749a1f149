#ifndef ETCH_IO_IDX_HPP
#define ETCH_IO_IDX_HPP

#include <filesystem>
#include <string>

#include "etch/io/collection.hpp"

namespace etch::detail {

// The format of MNIST (http://yann.lecun.com/exdb/mnist): numbers of 32 bits, most significant byte
// first, then bytes.
//   images: 0x00000803, count, height, width, count * height * width pixels
//   labels: 0x00000801, count, count labels

/// Whether `path` is named `*-images-idx3-ubyte` or `*-images-idx3-ubyte.gz`.
bool is_idx_images(const std::filesystem::path& path);

/// Reads the pictures in `images` and the labels beside it.
Collection read_idx(const std::filesystem::path& images);

/// Whether `folder` holds `<name>-images-idx3-ubyte` or `<name>-labels-idx1-ubyte`, gzipped or not.
bool has_idx_pair(const std::filesystem::path& folder, const std::string& name);

/// Reads that pair; Error if one of the two is missing.
Collection read_idx_pair(const std::filesystem::path& folder, const std::string& name);

}  // namespace etch::detail

#endif
