#ifndef ETCH_IO_PICKLE_HPP
#define ETCH_IO_PICKLE_HPP

#include <filesystem>

#include "etch/io/dataset.hpp"

namespace etch::detail {

/// Whether `file` is named `*.pickle` or `*.pkl`, or begins as a pickle of protocol 2 to 5.
bool is_pickle(const std::filesystem::path& file);

/// Reads the course's dictionary of arrays; see load_dataset.
Dataset read_pickle(const std::filesystem::path& file);

}  // namespace etch::detail

#endif
