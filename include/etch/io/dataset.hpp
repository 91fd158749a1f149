#ifndef ETCH_IO_DATASET_HPP
#define ETCH_IO_DATASET_HPP

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "etch/base/pictures.hpp"

namespace etch {

/// float32 values where they lie, perhaps in a mapped file and then at any address, and what keeps
/// them there.
struct StoredFloats {
  std::span<const std::byte> bytes;
  std::shared_ptr<const void> owner;
};

/// One part of a data set: gray pictures and what they show, in a fixed order. The pictures are in
/// `pixels` or, where they came as floats, in `floats`.
struct Split {
  std::vector<std::uint8_t> pixels;  // [size()][values], a byte p means (p - 127.5) / 255
  std::vector<std::uint8_t> labels;  // [size()], 0..9
  std::size_t values = 0;            // of one picture: height * width
  StoredFloats floats = {};          // [size()][values]

  std::size_t size() const { return labels.size(); }

  /// All pictures.
  Pictures pictures() const;

  /// All pictures with their labels.
  operator Minibatch() const { return {pictures(), labels}; }  // NOLINT: a split is a batch

  /// Picture `i` alone.
  Pictures image(std::size_t i) const { return pictures().slice(i, 1); }

  /// The `batch` pictures that step `step` trains on, in stored order, as the Udacity course takes
  /// them: from `step * batch % (size() - batch)` on. The whole part if it has no more than
  /// `batch`.
  Minibatch minibatch(std::size_t step, std::size_t batch) const;

  /// Forgets all but the first `count` pictures, if there are more.
  void keep_first(std::size_t count);
};

/// Pictures of one size in three parts. No two parts hold the same place of the set, but copies, of
/// which notMNIST has many, may lie in two.
struct Dataset {
  std::size_t height = 0, width = 0;
  Split train, validation, test;
  std::vector<std::string> skipped;  // "A/name.png: why", by path
};

/// How a collection is shuffled and divided: `test` pictures, `validation` pictures, and all others
/// are for training. The seed has nothing to do with the seed of a training run, so that runs with
/// different seeds see the same parts. A part that comes as files of its own is taken as it is.
struct SplitOptions {
  std::size_t test = 3'000, validation = 2'000;
  std::uint64_t seed = 2011;  // notMNIST's year
};

/// Loads pictures and labels from `path`, which is one of
/// - an archive (.tar, .tar.gz, .tgz, .tar.xz, .zip, ...) with PNG pictures of 28x28 in folders
///   A to J (labels 0 to 9), at any depth, as notMNIST_small.tar.gz;
/// - a folder with that layout: the same pictures give the same Dataset;
/// - a folder with `train-images-idx3-ubyte` and `train-labels-idx1-ubyte`, gzipped (.gz) or not,
///   and perhaps with pairs `validation-*` and `test-*` (or `t10k-*`, as MNIST): what is missing
///   is split off from train, and only then is train shuffled;
/// - a file `*-images-idx3-ubyte[.gz]` with its labels beside it;
/// - a pickle of the course's, as notMNIST.pickle: a dictionary of numpy arrays `train_dataset`
///   (float32, [count][height][width], -0.5..0.5), `train_labels` (int32, int64 or uint8, 0..9),
///   `valid_...` and `test_...`. It is known by `.pickle` or `.pkl`, or by how it begins, and its
///   parts are taken as they are. It is read as data: nothing in it is ever executed. Pictures that
///   lie there as numpy has them in memory (Python 3, protocols 3 to 5, or Python 2; C order) are
///   not copied: the file is mapped, and must not be cut while the data set is in use.
///
/// In archives and folders, hidden files (`._x.png`) are ignored, and so is what is no picture and
/// outside of the folders A to J. A picture that cannot be read, has another size or is in no
/// letter's folder is skipped and named in `skipped`; one in another one-letter folder (K) has a
/// label outside of 0..9, an error. Other kinds of PNG become 8-bit gray, transparency over black.
///
/// Throws Error, which says where, what was expected, what came and what to do: for a path that is
/// none of these, a damaged, truncated or overlong file, no usable picture, a label outside 0..9,
/// too few pictures for the parts, a pickle that asks for more than arrays.
Dataset load_dataset(const std::filesystem::path& path, const SplitOptions& options = {});

}  // namespace etch

#endif
