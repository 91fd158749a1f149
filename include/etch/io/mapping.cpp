#include "etch/io/mapping.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "etch/io/fail.hpp"

namespace etch::detail {
namespace {

class Descriptor {
 public:
  explicit Descriptor(const std::filesystem::path& file)
      : number_(open(file.c_str(), O_RDONLY | O_CLOEXEC)) {}
  ~Descriptor() {
    if (number_ >= 0) close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  operator int() const { return number_; }  // NOLINT: a descriptor is a number

 private:
  int number_;
};

}  // namespace

Mapping::Mapping(const std::filesystem::path& file) {
  const auto fail = [&] {
    refuse_unreadable(file, "a file", std::generic_category().message(errno));
  };
  const Descriptor descriptor(file);
  struct stat status {};
  if (descriptor < 0 || fstat(descriptor, &status) != 0) fail();
  size_ = static_cast<std::size_t>(status.st_size);
  if (size_ == 0) return;  // nothing cannot be mapped
  void* const memory = mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, descriptor, 0);
  if (memory == MAP_FAILED) fail();
  data_ = static_cast<const std::uint8_t*>(memory);
}

Mapping::~Mapping() {
  if (data_ != nullptr) munmap(const_cast<std::uint8_t*>(data_), size_);
}

}  // namespace etch::detail
