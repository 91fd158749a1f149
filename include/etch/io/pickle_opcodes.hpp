#ifndef ETCH_IO_PICKLE_OPCODES_HPP
#define ETCH_IO_PICKLE_OPCODES_HPP

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <string_view>

namespace etch::detail {

/// The opcodes that a dictionary of numpy arrays needs, by Python's names (pickletools.py).
namespace op {
enum : std::uint8_t {
  proto = 0x80,
  frame = 0x95,
  stop = '.',
  mark = '(',
  none = 'N',
  new_true = 0x88,
  new_false = 0x89,
  bin_int = 'J',
  bin_int1 = 'K',
  bin_int2 = 'M',
  long1 = 0x8a,
  string = 'S',
  bin_string = 'T',
  short_bin_string = 'U',
  bin_unicode = 'X',
  short_bin_unicode = 0x8c,
  bin_unicode8 = 0x8d,
  bin_bytes = 'B',
  short_bin_bytes = 'C',
  bin_bytes8 = 0x8e,
  byte_array8 = 0x96,
  bin_put = 'q',
  long_bin_put = 'r',
  memoize = 0x94,
  bin_get = 'h',
  long_bin_get = 'j',
  empty_tuple = ')',
  tuple = 't',
  tuple1 = 0x85,
  tuple2 = 0x86,
  tuple3 = 0x87,
  empty_dict = '}',
  set_item = 's',
  set_items = 'u',
  global = 'c',
  stack_global = 0x93,
  reduce = 'R',
  build = 'b',
};
}  // namespace op

/// Another opcode's name, or "".
inline std::string_view refused_opcode(std::uint8_t opcode) {
  struct Name {
    std::uint8_t opcode;
    std::string_view name;
  };
  static constexpr Name names[] = {
      {'I', "INT"},
      {'L', "LONG"},
      {'F', "FLOAT"},
      {'G', "BINFLOAT"},
      {'V', "UNICODE"},
      {0x8b, "LONG4"},
      {'d', "DICT"},
      {'l', "LIST"},
      {']', "EMPTY_LIST"},
      {'a', "APPEND"},
      {'e', "APPENDS"},
      {0x8f, "EMPTY_SET"},
      {0x90, "ADDITEMS"},
      {0x91, "FROZENSET"},
      {'0', "POP"},
      {'1', "POP_MARK"},
      {'2', "DUP"},
      {'g', "GET"},
      {'p', "PUT"},
      {'i', "INST"},
      {'o', "OBJ"},
      {0x81, "NEWOBJ"},
      {0x92, "NEWOBJ_EX"},
      {0x82, "EXT1 (extension)"},
      {0x83, "EXT2 (extension)"},
      {0x84, "EXT4 (extension)"},
      {'P', "PERSID (persistent id)"},
      {'Q', "BINPERSID (persistent id)"},
      {0x97, "NEXT_BUFFER"},
      {0x98, "READONLY_BUFFER"},
      {op::proto, "PROTO"},
  };
  const auto found = std::ranges::find(names, opcode, &Name::opcode);
  return found == std::end(names) ? "" : found->name;
}

}  // namespace etch::detail

#endif
