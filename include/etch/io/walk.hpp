#ifndef ETCH_IO_WALK_HPP
#define ETCH_IO_WALK_HPP

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <stdexcept>
#include <string>

namespace etch::detail {

/// Why one file is of no use, while the others are.
struct Unusable : std::runtime_error {
  using runtime_error::runtime_error;
};

/// Larger files are not read: a PNG picture of 28x28 has less than 1 kB.
inline constexpr std::size_t largest_file = std::size_t{1} << 20;

/// Reads the file at which a walk stands, valid until the walk goes on. Throws Unusable.
using Read = std::function<std::span<const std::uint8_t>()>;

/// Is called for each file with its path, from the archive or folder on: "notMNIST_small/A/x.png".
using Visit = std::function<void(const std::string& path, const Read& read)>;

/// Visits the files of an archive of any kind, in the order they have there, without directories,
/// links and the like. Throws Error if the archive is damaged, also after the last file.
void walk_archive(const std::filesystem::path& archive, const Visit& visit);

/// Visits the files in a folder and its subfolders, in no certain order.
void walk_folder(const std::filesystem::path& folder, const Visit& visit);

}  // namespace etch::detail

#endif
