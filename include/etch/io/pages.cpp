#include "etch/io/pages.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include "etch/base/round.hpp"

namespace etch::detail {
namespace {

/// Gives advice on the whole pages of `page` bytes between two addresses.
void advise(const std::uint8_t* begin, const std::uint8_t* end, std::uintptr_t page, int advice) {
  const std::uintptr_t first = round_up(reinterpret_cast<std::uintptr_t>(begin), page);
  const std::uintptr_t last = reinterpret_cast<std::uintptr_t>(end) / page * page;
  if (first < last) madvise(reinterpret_cast<void*>(first), last - first, advice);
}

}  // namespace

void reserve_in_huge_pages(std::vector<std::uint8_t>& bytes, std::size_t count) {
  bytes.reserve(count);
#ifdef MADV_HUGEPAGE
  constexpr std::uintptr_t page = 1 << 21;  // the smallest large ones, of x86-64 and of ARM
  advise(bytes.data(), bytes.data() + bytes.capacity(), page, MADV_HUGEPAGE);
#endif
}

void give_back_room(const std::vector<std::uint8_t>& bytes) {
  const auto page = static_cast<std::uintptr_t>(sysconf(_SC_PAGESIZE));
  advise(bytes.data() + bytes.size(), bytes.data() + bytes.capacity(), page, MADV_DONTNEED);
}

}  // namespace etch::detail
