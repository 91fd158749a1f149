#include "etch/io/dataset.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <optional>
#include <span>
#include <utility>

#include "etch/base/philox.hpp"
#include "etch/io/collection.hpp"
#include "etch/io/fail.hpp"
#include "etch/io/idx.hpp"
#include "etch/io/letters.hpp"
#include "etch/io/pages.hpp"
#include "etch/io/pickle.hpp"

namespace etch {

Pictures Split::pictures() const {
  if (values == 0) return {};
  return floats.bytes.empty() ? Pictures{pixels, values} : Pictures{floats.bytes, values};
}

Minibatch Split::minibatch(std::size_t step, std::size_t batch) const {
  if (size() <= batch) return {pictures(), labels};
  const std::size_t first = step * batch % (size() - batch);
  return {pictures().slice(first, batch), std::span{labels}.subspan(first, batch)};
}

void Split::keep_first(std::size_t count) {
  if (count >= size()) return;
  if (!pixels.empty()) {
    pixels.resize(count * values);
    detail::give_back_room(pixels);
  }
  if (!floats.bytes.empty()) floats.bytes = floats.bytes.first(count * values * sizeof(float));
  labels.resize(count);
}

namespace {

using detail::Collection;
namespace fs = std::filesystem;

/// Moves picture `order[i]` to place i, for all i, in place: fresh memory, which the system clears
/// first, costs more than what is written into it (from its start to its first step's line
/// conv_strided takes 20 ms with MNIST's 70,000 pictures, and 25 where they are copied).
void reorder(Collection& all, std::vector<std::uint32_t> order) {
  const std::size_t values = all.height * all.width;
  const auto picture = [&](std::size_t i) { return all.pixels.data() + i * values; };
  std::vector<std::uint8_t> first(values);
  for (std::uint32_t start = 0; start < order.size(); ++start) {
    if (order[start] == start) continue;  // it is there
    std::copy_n(picture(start), values, first.begin());
    const std::uint8_t first_label = all.labels[start];
    std::uint32_t to = start;
    for (std::uint32_t from; (from = std::exchange(order[to], to)) != start; to = from) {
      std::copy_n(picture(from), values, picture(to));
      all.labels[to] = all.labels[from];
    }
    std::copy_n(first.begin(), values, picture(to));
    all.labels[to] = first_label;
  }
}

/// A copy of `count` pictures from `first` on.
Split part_of(const Collection& all, std::size_t first, std::size_t count) {
  const std::size_t values = all.height * all.width;
  const auto pixels = std::span{all.pixels}.subspan(first * values, count * values);
  const auto labels = std::span{all.labels}.subspan(first, count);
  return {{pixels.begin(), pixels.end()}, {labels.begin(), labels.end()}, values};
}

/// A collection that is all for training, in the order it has.
Dataset uncut(Collection all) {
  Dataset data;
  data.height = all.height;
  data.width = all.width;
  data.train = {std::move(all.pixels), std::move(all.labels), all.height * all.width};
  data.skipped = std::move(all.skipped);
  return data;
}

/// Shuffles a collection and cuts it into test, validation and training pictures.
Dataset cut(Collection all, const SplitOptions& wanted, const fs::path& from) {
  const std::size_t count = all.labels.size();
  if (wanted.test >= count || wanted.validation >= count - wanted.test) {
    detail::refuse(from,
                   fmt::format("more than {} + {} pictures expected to split off a test and a "
                               "validation part, {} found",
                               wanted.test, wanted.validation, count),
                   "ask for smaller parts");
  }
  std::vector<std::uint32_t> order(count);
  std::iota(order.begin(), order.end(), 0u);
  shuffle(order, RandomStream{.seed = wanted.seed, .purpose = Purpose::shuffle});

  // The first are for the test, the next for validation: behind the others they can be cut off.
  const std::size_t others = count - wanted.test - wanted.validation;
  std::rotate(order.begin(), order.end() - static_cast<std::ptrdiff_t>(others), order.end());
  reorder(all, std::move(order));
  Split test = part_of(all, others, wanted.test);
  Split validation = part_of(all, others + wanted.test, wanted.validation);
  Dataset data = uncut(std::move(all));
  data.train.keep_first(others);
  data.validation = std::move(validation);
  data.test = std::move(test);
  return data;
}

/// A part that has files of its own, if it has.
std::optional<Split> own_part(const fs::path& folder, const std::string& name,
                              const Collection& train) {
  if (!detail::has_idx_pair(folder, name)) return std::nullopt;
  Collection part = detail::read_idx_pair(folder, name);
  if (part.height != train.height || part.width != train.width) {
    detail::refuse(
        folder / name,
        fmt::format("pictures of {}x{} (height x width) expected as in train, {}x{} found",
                    train.height, train.width, part.height, part.width),
        "give parts of one set");
  }
  return Split{std::move(part.pixels), std::move(part.labels), part.height * part.width};
}

Dataset load_idx_folder(const fs::path& folder, SplitOptions options) {
  Collection train = detail::read_idx_pair(folder, "train");
  auto validation = own_part(folder, "validation", train);
  auto test = own_part(folder, "test", train);
  if (!test) test = own_part(folder, "t10k", train);

  if (validation) options.validation = 0;
  if (test) options.test = 0;
  const bool complete = validation && test;
  Dataset data = complete ? uncut(std::move(train)) : cut(std::move(train), options, folder);
  if (validation) data.validation = std::move(*validation);
  if (test) data.test = std::move(*test);
  return data;
}

}  // namespace

Dataset load_dataset(const fs::path& path, const SplitOptions& options) try {
  if (path.empty()) {
    detail::refuse("data set", "a path expected, an empty one found", detail::give_data_set);
  }
  std::error_code trouble;
  const fs::file_status status = fs::status(path, trouble);
  if (fs::is_directory(status)) {
    return detail::has_idx_pair(path, "train") ? load_idx_folder(path, options)
                                               : cut(detail::read_letters(path), options, path);
  }
  if (fs::is_regular_file(status)) {
    if (detail::is_pickle(path)) return detail::read_pickle(path);
    return cut(detail::is_idx_images(path) ? detail::read_idx(path) : detail::read_letters(path),
               options, path);
  }
  detail::refuse(
      path,
      "a data set expected, " + (trouble ? trouble.message() : "neither a file nor a folder found"),
      detail::give_data_set);
} catch (const fs::filesystem_error& error) {
  detail::refuse_unreadable(error.path1().empty() ? path : error.path1(), "a data set",
                            error.code().message());
}

}  // namespace etch
