#ifndef ETCH_APP_REPORT_HPP
#define ETCH_APP_REPORT_HPP

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

#include "etch/base/pictures.hpp"
#include "etch/train/metrics.hpp"

namespace etch::app {

/// What a label of one of `classes` is called: a letter from A on where they are ten, as in
/// notMNIST, else the number.
std::string label_text(int label, int classes);

/// A table with a row for each true label and a column for each predicted one, each row's recall
/// (how many of them were found) and each column's precision (how many of those named so are). "-"
/// stands where there is none. Throws Error for a label that is no class.
std::string confusion(std::span<const Prediction> predictions, std::span<const std::uint8_t> labels,
                      int classes);

/// Writes the worst mistakes, up to 100 with the highest probability given to a wrong class first,
/// as a sheet of pictures with captions as "B>D 99": true, predicted, percent. Returns a line that
/// says how many there are; where there are none, no file is written. Throws Error where it cannot
/// be.
std::string write_mistakes(const std::filesystem::path& path,
                           std::span<const Prediction> predictions, const Minibatch& samples,
                           std::size_t width, std::size_t height, int classes);

/// What a picture was taken for and, on lines of their own, the probabilities of all classes.
std::string prediction(const std::string& name, std::span<const float> probabilities);

}  // namespace etch::app

#endif
