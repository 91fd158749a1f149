#ifndef ETCH_IO_PICKLE_TEXT_HPP
#define ETCH_IO_PICKLE_TEXT_HPP

#include <cstdint>
#include <optional>
#include <vector>

#include "etch/io/pickle_value.hpp"

namespace etch::detail {

/// The bytes that a string stands for, or nothing if it stands for none: it is a text that no codec
/// made bytes, or not written as its form says.
std::optional<std::vector<std::uint8_t>> decode(const PickleString& string);

}  // namespace etch::detail

#endif
