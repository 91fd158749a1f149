#ifndef ETCH_IO_CHECKPOINT_HPP
#define ETCH_IO_CHECKPOINT_HPP

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

#include "etch/io/checkpoint_file.hpp"
#include "etch/net/model.hpp"
#include "etch/shape/text.hpp"

namespace etch {

/// Writes the parameters of `model` as safetensors: F32 in TensorFlow's layouts, named as in
/// "0_conv2d.kernel" [height, width, in, out], "6_dense.bias" [out]. The file is there whole or
/// not at all. Throws Error where it cannot be written.
template <class Net>
void save(const Model<Net>& model, const std::filesystem::path& path);

/// Reads them. Throws Error, and changes nothing, where the file is damaged or is not for this
/// network; then further lines of the message say layer by layer what each has. A file that `save`
/// has not written has no signature of its network: there names, shapes and types alone count.
template <class Net>
void load(Model<Net>& model, const std::filesystem::path& path);

namespace detail {

/// A type as its author writes it: both compilers leave out arguments that are a template's own
/// defaults. The rate of layers that drop is left out too: it may change from run to run.
template <class T>
std::string type_text() {
  std::string_view text = __PRETTY_FUNCTION__;  // "... [with T = etch::Conv2D<16, 5>; ...]"
  text.remove_prefix(text.find("T = ") + 4);
  text = text.substr(0, text.find_first_of(";]"));
  if constexpr (requires { T::rate; }) text = text.substr(0, text.find('<'));
  std::string plain(text);
  for (std::size_t at; (at = plain.find("etch::")) != plain.npos;) plain.erase(at, 6);
  return plain;
}

template <class Net>
Schema schema() {
  Schema schema{{"Input<" + to_text(Net::Input::extents, ", ") + ">"}, Arena<Net>::variables};
  Net::for_each_step(
      [&]<class Step>() { schema.layers.push_back(type_text<typename Step::Layer>()); });
  return schema;
}

}  // namespace detail

template <class Net>
void save(const Model<Net>& model, const std::filesystem::path& path) {
  detail::write_checkpoint(path, detail::schema<Net>(), model.parameters());
}

template <class Net>
void load(Model<Net>& model, const std::filesystem::path& path) {
  detail::read_checkpoint(path, detail::schema<Net>(), model.parameters());
}

}  // namespace etch

#endif
