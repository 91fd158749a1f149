#ifndef ETCH_IO_MIX_HPP
#define ETCH_IO_MIX_HPP

#include <cstdint>
#include <filesystem>

#include "etch/io/dataset.hpp"

namespace etch {

/// Adds all pictures of the set at `path`, whatever parts it has, to the training part of `data`
/// and shuffles it. Throws Error where load_dataset does, where the pictures have another size than
/// those of `data`, and where either set's are floats.
void add_training_pictures(Dataset& data, const std::filesystem::path& path, std::uint64_t seed);

}  // namespace etch

#endif
