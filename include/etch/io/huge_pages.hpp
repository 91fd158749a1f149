#ifndef ETCH_IO_HUGE_PAGES_HPP
#define ETCH_IO_HUGE_PAGES_HPP

#include <cstddef>
#include <cstdint>
#include <vector>

namespace etch::detail {

/// Reserves room for `count` bytes in an empty vector, and asks the system to put few large pages
/// behind it. Small ones cost more than what is read into them: from its start to its first step's
/// line conv_strided takes 21 ms with MNIST's 70,000 pictures, and 52 without.
void reserve_in_huge_pages(std::vector<std::uint8_t>& bytes, std::size_t count);

}  // namespace etch::detail

#endif
