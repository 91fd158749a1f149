#ifndef ETCH_TOOLS_LEDGER_ENTRY_HPP
#define ETCH_TOOLS_LEDGER_ENTRY_HPP

// What a half of the ledger and the program that times it know of each other.

#include <memory>
#include <string>
#include <vector>

#include "etch/base/buffer.hpp"
#include "etch/bench/batch.hpp"
#include "etch/net/costs.hpp"

namespace ledger {

/// All that the passes of a layer read and write for a batch. Both halves work on the same ones.
struct Arrays : etch::bench::BatchArrays {
  std::vector<etch::Buffer> values, gradients;  // of the variables
  std::vector<const float*> value_pointers;
  std::vector<float*> gradient_pointers;
};

/// One pass of one layer.
struct Entry {
  std::string layer;   // "3_conv2d"
  std::string shapes;  // "14 x 14 x 6 to 10 x 10 x 16"
  etch::Pass pass;
  std::unique_ptr<Arrays> (*make_arrays)();
  void (*run)(Arrays&);  // for a whole batch, a tile of samples at a time, as a step does
  const void* code;      // where its machine code begins
};

/// What a half exports, by the name "list_entries".
using List = void(std::vector<Entry>&);

}  // namespace ledger

#endif
