#ifndef ETCH_IO_PICKLE_WRITE_HPP
#define ETCH_IO_PICKLE_WRITE_HPP

#include <filesystem>

#include "etch/io/dataset.hpp"

namespace etch {

/// Writes the course's dictionary: train_dataset, valid_dataset, test_dataset (float32, [count]
/// [height][width], -0.5..0.5) and train_labels, ... (int32). Python 3.4 and newer read it with
/// pickle.load and numpy 1 or 2. Protocol 4: what Python 2 could read as well would take every byte
/// as a character, in up to twice the room. Whole or not at all; throws Error.
void save_pickle(const std::filesystem::path& file, const Dataset& data);

}  // namespace etch

#endif
