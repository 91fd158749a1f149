#ifndef ETCH_IO_SAFETENSORS_HEADER_HPP
#define ETCH_IO_SAFETENSORS_HEADER_HPP

#include <cstdint>
#include <filesystem>
#include <string>

#include "etch/io/safetensors.hpp"

namespace etch::detail {

/// What to do about a file that is none.
inline constexpr const char* give_safetensors = "give a safetensors file, or fetch it again";

/// The header from its JSON text, for `data` bytes that follow it. Throws Error that begins with
/// `path` where it is not what the format demands.
SafetensorsHeader parse_header(const std::filesystem::path& path, const std::string& json,
                               std::uint64_t data);

/// The JSON text of a header, padded with blanks to a multiple of 8 bytes.
std::string format_header(const SafetensorsHeader& header);

}  // namespace etch::detail

#endif
