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
#include "etch/io/huge_pages.hpp"
#include "etch/io/idx.hpp"
#include "etch/io/letters.hpp"
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
  if (!pixels.empty()) pixels.resize(count * values);
  if (!floats.bytes.empty()) floats.bytes = floats.bytes.first(count * values * sizeof(float));
  labels.resize(count);
}

namespace {

using detail::Collection;
namespace fs = std::filesystem;

/// The pictures of `all` that `chosen` names, in its order.
Split take(const Collection& all, std::span<const std::uint32_t> chosen) {
  Split part{{}, {}, all.height * all.width};
  detail::reserve_in_huge_pages(part.pixels, chosen.size() * part.values);
  part.labels.reserve(chosen.size());
  for (const std::uint32_t i : chosen) {
    const auto pixels = std::span{all.pixels}.subspan(i * part.values, part.values);
    part.pixels.insert(part.pixels.end(), pixels.begin(), pixels.end());
    part.labels.push_back(all.labels[i]);
  }
  return part;
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

  const std::span<const std::uint32_t> shuffled = order;
  Dataset data;
  data.height = all.height;
  data.width = all.width;
  data.test = take(all, shuffled.first(wanted.test));
  data.validation = take(all, shuffled.subspan(wanted.test, wanted.validation));
  data.train = take(all, shuffled.subspan(wanted.test + wanted.validation));
  data.skipped = std::move(all.skipped);
  return data;
}

/// A collection that is all for training, in the order it has.
Dataset uncut(Collection all) {
  Dataset data;
  data.height = all.height;
  data.width = all.width;
  data.train = {std::move(all.pixels), std::move(all.labels), all.height * all.width};
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
