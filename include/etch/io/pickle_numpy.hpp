#ifndef ETCH_IO_PICKLE_NUMPY_HPP
#define ETCH_IO_PICKLE_NUMPY_HPP

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "etch/io/pickle_file.hpp"
#include "etch/io/pickle_value.hpp"

namespace etch::detail {

// What numpy's arrays look like in a pickle, from Python 2 and 3, by numpy 1 and 2:
//   _reconstruct(ndarray, (0,), b'b'), built with (1, shape, dtype, is Fortran, bytes)
//   _frombuffer(bytes, dtype, shape, 'C' or 'F')       (protocol 5)
//   dtype('f4', 0, 1), built with (3, '<', None, None, None, -1, -1, 0)
//   encode('...', 'latin1')                            (bytes from Python 3, protocol 2)

/// Throws Error, which names it, if a pickle of arrays has no use for it.
PickleGlobal find_global(const PickleFile& file, std::span<const std::uint8_t> module,
                         std::span<const std::uint8_t> name);

/// `function(*arguments)`.
PickleValue call(const PickleFile& file, PickleHeap& heap, const PickleValue& function,
                 const PickleValue& arguments);

/// `object.__setstate__(state)`.
void build(const PickleFile& file, PickleHeap& heap, const PickleValue& object,
           const PickleValue& state);

/// An array's elements in C order, as memory holds them: in the file, or decoded and then owned.
struct NumpyElements {
  std::span<const std::uint8_t> bytes;
  std::shared_ptr<const std::vector<std::uint8_t>> owner;
};

/// "float32", "int64", ... or, if etch has no use for it, as in the file: ">f4", "f8".
std::string type_name(const NumpyType& type);

/// The elements of an array, `element` bytes each, or nothing if its data are no bytes, or not as
/// many as the shape says.
std::optional<NumpyElements> elements(const NumpyArray& array, std::size_t element);

}  // namespace etch::detail

#endif
