#ifndef ETCH_IO_PICKLE_FILE_HPP
#define ETCH_IO_PICKLE_FILE_HPP

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

namespace etch::detail {

/// What to do with a pickle that is no good.
inline constexpr const char* make_pickle =
    "make it with notmnist make, or pickle.dump a dictionary of numpy arrays as the course does";

/// A pickle's bytes, read from the first to the last. Every length is held against what is there.
class PickleFile {
 public:
  PickleFile(std::filesystem::path path, std::span<const std::uint8_t> bytes);

  /// The next opcode; errors name its position until the next one is read.
  std::uint8_t opcode();

  /// An unsigned number of up to eight bytes, the least significant byte first.
  std::uint64_t number(std::size_t bytes);

  /// A signed number of that kind.
  std::int64_t signed_number(std::size_t bytes);

  /// Throws Error unless so many bytes are left.
  void require(std::uint64_t size) const;

  std::span<const std::uint8_t> take(std::uint64_t size);

  /// Up to the next line break, without it.
  std::span<const std::uint8_t> line();

  std::size_t left() const { return rest_.size(); }
  const std::filesystem::path& path() const { return path_; }

  /// Throws the Error "... expected, ... found at byte N".
  [[noreturn]] void fail(const std::string& expected, const std::string& found) const;

 private:
  [[noreturn]] void fail_at_end(const std::string& expected) const;

  std::filesystem::path path_;
  std::span<const std::uint8_t> rest_;
  std::size_t size_;
  std::size_t at_ = 0;
};

/// A name out of the file for a message: printable ASCII, not too long.
std::string quotable(std::span<const std::uint8_t> name);

}  // namespace etch::detail

#endif
