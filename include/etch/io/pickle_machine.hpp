#ifndef ETCH_IO_PICKLE_MACHINE_HPP
#define ETCH_IO_PICKLE_MACHINE_HPP

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <vector>

#include "etch/io/pickle_file.hpp"
#include "etch/io/pickle_value.hpp"

namespace etch::detail {

/// Runs the program that a pickle is (https://docs.python.org/3/library/pickletools.html), as far
/// as a dictionary of numpy arrays needs it: protocols 2 to 5. Other opcodes and names are refused.
/// It copies no string, and a limit on instructions bounds all that it builds.
class PickleMachine {
 public:
  PickleMachine(const std::filesystem::path& path, std::span<const std::uint8_t> bytes)
      : file_(path, bytes) {}

  /// What the pickle holds; it may point into `heap()` and into the bytes. Throws Error.
  PickleValue run();

  PickleHeap& heap() { return heap_; }

 private:
  // Each does what `opcode` says, or nothing and returns false if that is not its business.
  bool constant(std::uint8_t opcode);
  bool string(std::uint8_t opcode);
  bool memo(std::uint8_t opcode);
  bool tuple(std::uint8_t opcode);
  bool dictionary(std::uint8_t opcode);
  bool object(std::uint8_t opcode);
  [[noreturn]] void refuse(std::uint8_t opcode) const;

  void push(const PickleValue& value) { stack_.push_back(value); }
  void push_long();
  void push_quoted();
  void push_tuple(std::size_t size);
  void set_items(std::size_t size);
  PickleValue result();

  // From the stack, not reaching below its last mark.
  PickleValue& top();
  PickleValue pop();
  PickleString pop_string();
  std::size_t pop_mark();  // the number of values above it

  PickleFile file_;
  PickleHeap heap_;
  std::vector<PickleValue> stack_;
  std::vector<std::size_t> marks_;  // stack heights, ascending
  std::map<std::uint64_t, PickleValue> memo_;
};

}  // namespace etch::detail

#endif
