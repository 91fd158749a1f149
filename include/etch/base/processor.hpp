#ifndef ETCH_BASE_PROCESSOR_HPP
#define ETCH_BASE_PROCESSOR_HPP

#include <cstddef>
#include <fstream>
#include <string>

namespace etch {

/// Bytes of the caches that the first processor sees; 0 for a level that it does not have.
struct Caches {
  std::size_t l1 = 0, l2 = 0, l3 = 0;
};

/// As Linux tells them; elsewhere those of a modest processor: 32 KiB, 256 KiB, 8 MiB.
inline Caches caches() {
  Caches found;
  for (int index = 0;; ++index) {
    const std::string folder = "/sys/devices/system/cpu/cpu0/cache/index" + std::to_string(index);
    std::ifstream level_file(folder + "/level"), type_file(folder + "/type"),
        size_file(folder + "/size");
    int level;
    std::string type;
    std::size_t kibibytes;
    if (!(level_file >> level && type_file >> type && size_file >> kibibytes)) break;
    if (type == "Instruction") continue;
    if (level == 1) found.l1 = kibibytes << 10;
    if (level == 2) found.l2 = kibibytes << 10;
    if (level == 3) found.l3 = kibibytes << 10;
  }
  if (found.l1 == 0) return {.l1 = 32 << 10, .l2 = 256 << 10, .l3 = 8 << 20};
  return found;
}

/// What the maker calls the processor; empty where the system does not say.
inline std::string processor_name() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
  }
  return "";
}

}  // namespace etch

#endif
