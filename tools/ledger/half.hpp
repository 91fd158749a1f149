// All that half.cpp includes besides the model, so that it can be precompiled.
#ifndef ETCH_TOOLS_LEDGER_HALF_HPP
#define ETCH_TOOLS_LEDGER_HALF_HPP

#include <algorithm>

#include "../../bench/model_source.hpp"
#include "entry.hpp"
#include "etch/base/philox.hpp"

#endif
