#include "etch/io/huge_pages.hpp"

#include <sys/mman.h>

#include "etch/base/round.hpp"

namespace etch::detail {

void reserve_in_huge_pages(std::vector<std::uint8_t>& bytes, std::size_t count) {
  bytes.reserve(count);
#ifdef MADV_HUGEPAGE
  constexpr std::uintptr_t page = 1 << 21;  // the smallest large ones, of x86-64 and of ARM
  const auto begin = reinterpret_cast<std::uintptr_t>(bytes.data());
  const std::uintptr_t first = round_up(begin, page);
  const std::uintptr_t end = (begin + bytes.capacity()) / page * page;
  if (first < end) madvise(reinterpret_cast<void*>(first), end - first, MADV_HUGEPAGE);
#endif
}

}  // namespace etch::detail
