#ifndef ETCH_NET_MACHINE_HPP
#define ETCH_NET_MACHINE_HPP

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "etch/base/buffer.hpp"
#include "etch/base/processor.hpp"
#include "etch/base/round.hpp"
#include "etch/kernel/peak-inl.hpp"

#if defined(ETCH_PORTABLE) && !defined(ETCH_ETCH_HPP)
#error "etch: portable build: requires all of etch, a part came; include <etch/etch.hpp> first"
#endif

namespace etch {

/// Where data lie, nearest first.
enum class Memory { L1, L2, L3, DRAM };

inline constexpr std::array memories{Memory::L1, Memory::L2, Memory::L3, Memory::DRAM};

constexpr std::string_view name_of(Memory memory) {
  constexpr std::array<std::string_view, memories.size()> names{"L1", "L2", "L3", "DRAM"};
  return names[static_cast<std::size_t>(memory)];
}

/// Floating-point operations per second of multiply-adds in registers by one core: the best of four
/// probes, because a processor's vector units wake up slowly.
inline double peak_of(simd::Target target) {
  double best = 0;
  for (int probe = 0; probe < 4; ++probe) {
    best = std::max(best, ETCH_DISPATCH(target.id, probe_peak)());
  }
  return best;
}

/// What one core can do at most, by the kernels of one SIMD target: probed, each time anew, so that
/// what else runs on the machine shows. A probe takes a millisecond or less; none allocates.
class Machine {
 public:
  explicit Machine(simd::Target target)
      : target_(target),
        caches_(caches()),
        far_(std::max(least_far, round_up(2 * caches_.l3 / sizeof(float), probe_floats))) {}

  /// Floating-point operations per second: see peak_of.
  double peak() const { return peak_of(target_); }

  /// Bytes per second that one core moves at most when it goes through `bytes` again and again: the
  /// best of three probes of reading and three of updating, of 4 MiB each. As many bytes as far()
  /// has are those of memory.
  double bandwidth(std::uint64_t bytes) {
    const std::size_t all =
        std::clamp(round_up(bytes / sizeof(float), 256), std::size_t{256}, far_.size());
    const std::size_t floats = std::min(all, probe_floats);
    const int rounds = static_cast<int>(ceil_div(probe_floats, floats));
    const auto read = ETCH_DISPATCH(target_.id, probe_reading);
    const auto update = ETCH_DISPATCH(target_.id, probe_updating);
    if (all < far_.size()) {
      read(far_.data(), all, 1);  // brings it near
      near_ = std::min(round_up(all, probe_floats), far_.size() / 2);
    }
    double best = 0;
    for (int probe = 0; probe < 3; ++probe) {
      best = std::max(best, read(next_part(all, floats), floats, rounds));
      best = std::max(best, update(next_part(all, floats), floats, rounds));
    }
    return best;
  }

  /// The same for half of L1 or L2, a quarter of L3 (others use it, too) or twice L2, or DRAM.
  double bandwidth(Memory memory) {
    return bandwidth(memory == Memory::DRAM ? far_.size() * sizeof(float)
                     : memory == Memory::L3 ? std::max(size(memory) / 4, 2 * caches_.l2)
                                            : size(memory) / 2);
  }

  /// Bytes of a cache, 0 where there is none; of memory, none that matters.
  std::size_t size(Memory memory) const {
    return memory == Memory::L1   ? caches_.l1
           : memory == Memory::L2 ? caches_.l2
           : memory == Memory::L3 ? caches_.l3
                                  : ~std::size_t{0};
  }

  /// The nearest memory that holds as much.
  Memory home_of(std::uint64_t bytes) const {
    return *std::find_if(memories.begin(), memories.end(),
                         [&](Memory memory) { return bytes <= size(memory); });
  }

  /// So many floats that the caches do not hold half of them.
  Buffer& far() { return far_; }

 private:
  static constexpr std::size_t probe_floats = 1 << 20;  // 4 MiB
  static constexpr std::size_t least_far = 16 << 20;    // 64 MiB

  /// Where a probe begins: the parts of the first `all` floats come in turn. Those of memory leave
  /// out what the caches may still hold of a smaller probe.
  float* next_part(std::size_t all, std::size_t floats) {
    const bool memory = all == far_.size();
    std::size_t& next = memory ? next_far_ : next_near_;
    next = next + 2 * floats <= all ? next + floats : 0;
    if (memory) next = std::max(next, near_);
    return far_.data() + next;
  }

  simd::Target target_;
  Caches caches_;
  Buffer far_;
  std::size_t next_near_ = 0, next_far_ = 0;
  std::size_t near_ = 0;  // floats that the last probe of a cache went through
};

}  // namespace etch

#endif
