#ifndef ETCH_IO_LETTERS_HPP
#define ETCH_IO_LETTERS_HPP

#include <filesystem>

#include "etch/io/collection.hpp"

namespace etch::detail {

/// Reads the PNG pictures of 28x28 in the folders A to J of an archive or folder, sorted by path.
Collection read_letters(const std::filesystem::path& path);

}  // namespace etch::detail

#endif
