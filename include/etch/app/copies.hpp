#ifndef ETCH_APP_COPIES_HPP
#define ETCH_APP_COPIES_HPP

#include <cstddef>

#include "etch/io/dataset.hpp"

namespace etch::app {

/// How many pictures of `part` are the same, value for value, as an earlier one of `part`.
std::size_t repeats(const Split& part);

/// How many pictures of `part` are the same as one of `other`.
std::size_t common(const Split& part, const Split& other);

struct Copies {
  std::size_t exact = 0, near = 0;
};

/// Drops from `part` what also stands in `train`: exact copies, and near ones. Near are two
/// pictures of which the values differ, on average, by at most a hundredth of the range from black
/// to white (255). Every such pair is found. Both are pictures in bytes, of one size.
///
/// In notMNIST_small, pictures that near show the same letter in slightly different type; from 1.2
/// hundredths on there are pairs of different letters in one frame.
Copies drop_copies(Split& part, const Split& train);

}  // namespace etch::app

#endif
