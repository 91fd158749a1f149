#include <fmt/format.h>

#include <string>
#include <utility>

#include "etch/app/copies.hpp"
#include "etch/app/notebook.hpp"
#include "etch/app/notmnist.hpp"
#include "etch/base/error.hpp"
#include "etch/io/fail.hpp"
#include "etch/io/new_file.hpp"
#include "etch/io/pickle_write.hpp"

namespace etch::app {
namespace {

namespace fs = std::filesystem;

Dataset load(const fs::path& path, const SplitOptions& options) {
  Dataset data = load_dataset(path, options);
  Notebook::skipped(data);
  if (data.train.floats.bytes.empty()) return data;
  detail::refuse(path, "pictures as an archive has them expected, a pickle found",
                 "give an archive of notMNIST");
}

/// The part's first `count` pictures.
void limit(Split& part, std::size_t count, const char* name, const fs::path& from) {
  if (count > part.size()) {
    detail::refuse(from,
                   fmt::format("{} pictures for {} expected, {} found", count, name, part.size()),
                   "ask for fewer");
  }
  part.keep_first(count);
}

/// Nothing is held out, the test part of a split is the beginning of what is then all.
Split test_of(const fs::path& small, const MakeOptions& options, const Dataset& like) {
  Dataset data = load(small, {.test = 0, .validation = 0, .seed = options.split_seed});
  if (data.height != like.height || data.width != like.width) {
    detail::refuse(
        small,
        fmt::format("pictures of {}x{} (height x width) expected as in {}, {}x{} found",
                    like.height, like.width, options.large.string(), data.height, data.width),
        "give archives of one set");
  }
  limit(data.train, options.test.value_or(data.train.size()), "test", small);
  return std::move(data.train);
}

Dataset parts(const MakeOptions& options) {
  const bool both = !options.large.empty() && !options.small.empty();
  const fs::path& first = options.large.empty() ? options.small : options.large;
  SplitOptions split{.seed = options.split_seed};
  if (both) split = {.test = 0, .validation = 10'000, .seed = options.split_seed};
  if (options.validation) split.validation = *options.validation;
  if (options.test && !both) split.test = *options.test;

  Dataset data = load(first, split);
  limit(data.train, options.train.value_or(data.train.size()), "training", first);
  limit(data.validation, options.validation.value_or(data.validation.size()), "validation", first);
  if (both) {
    data.test = test_of(options.small, options, data);
  } else {
    limit(data.test, options.test.value_or(data.test.size()), "test", first);
  }
  return data;
}

void sanitize(Split& part, const char* name, const Split& train) {
  const Copies copies = drop_copies(part, train);
  fmt::print("{} set: {} exact and {} near copies of training pictures dropped\n", name,
             copies.exact, copies.near);
  if (part.size() > 0) return;
  throw Error(name, "pictures that are not in training expected, none found; ask for more");
}

}  // namespace

void make_pickle(const MakeOptions& options) {
  // Whether it can be written is worth knowing before an archive is read for minutes.
  detail::check_writable(options.output);
  Dataset data = parts(options);
  if (options.sanitize) {
    sanitize(data.validation, "Validation", data.train);
    sanitize(data.test, "Test", data.train);
  }
  Notebook::loaded(data);
  save_pickle(options.output, data);
  fmt::print("{}: {} bytes\n", options.output.string(), fs::file_size(options.output));
}

}  // namespace etch::app
