#include "etch/io/safetensors_header.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <tuple>

#include "etch/base/round.hpp"
#include "etch/io/fail.hpp"

namespace etch::detail {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr const char* metadata_name = "__metadata__";
constexpr std::size_t most_axes = 32;         // NumPy's limit
constexpr std::size_t most_tensors = 65'536;  // far above any model, so that memory has a bound

/// Takes the JSON text piece by piece and knows where in the header each belongs. Nothing is built
/// but the header itself, however deep a text is nested that means harm.
class HeaderParser : public nlohmann::json_sax<json> {
 public:
  HeaderParser(const fs::path& path, SafetensorsHeader& header) : path_(path), header_(header) {}

  bool start_object(std::size_t) override {
    if (where_ == Where::before) return go(Where::header);
    if (where_ == Where::metadata_key) return go(Where::metadata);
    if (where_ == Where::tensor_key) {
      has_dtype_ = has_shape_ = has_offsets_ = false;
      return go(Where::tensor);
    }
    unexpected("an object");
  }

  bool key(std::string& name) override {
    if (where_ == Where::header) {
      if (!names_.insert(name).second) twice(name);
      if (name == metadata_name) return go(Where::metadata_key);
      if (header_.tensors.size() == most_tensors) {
        fail(fmt::format("at most {} tensors expected, more found", most_tensors));
      }
      header_.tensors.push_back({name, {}, {}, 0, 0});
      return go(Where::tensor_key);
    }
    if (where_ == Where::metadata) {
      if (header_.metadata.contains(name)) twice(name);
      text_ = &header_.metadata[name];
      return go(Where::metadata_value);
    }
    Tensor& tensor = header_.tensors.back();
    if (name == "dtype") {
      return first_time(has_dtype_, name), text_ = &tensor.dtype, go(Where::dtype);
    }
    if (name == "shape") return first_time(has_shape_, name), go(Where::shape_key);
    if (name == "data_offsets") return first_time(has_offsets_, name), go(Where::offsets_key);
    fail(fmt::format("dtype, shape and data_offsets of tensor {} expected, \"{}\" found",
                     shown(tensor.name), shown(name)));
  }

  bool string(std::string& value) override {
    if (where_ == Where::metadata_value) return *text_ = value, go(Where::metadata);
    if (where_ == Where::dtype) return *text_ = value, go(Where::tensor);
    unexpected("a string");
  }

  bool start_array(std::size_t) override {
    if (where_ == Where::shape_key) return go(Where::shape);
    if (where_ == Where::offsets_key) return offsets_ = 0, go(Where::offsets);
    unexpected("an array");
  }

  bool number_unsigned(std::uint64_t value) override {
    if (where_ == Where::shape) {
      Tensor& tensor = header_.tensors.back();
      if (tensor.shape.size() == most_axes) {
        fail(fmt::format("at most {} axes of tensor {} expected, more found", most_axes,
                         shown(tensor.name)));
      }
      return tensor.shape.push_back(value), true;
    }
    if (where_ == Where::offsets && offsets_ < 2) {
      Tensor& tensor = header_.tensors.back();
      return (offsets_++ == 0 ? tensor.begin : tensor.end) = value, true;
    }
    unexpected("a number");
  }

  bool end_array() override {
    if (where_ == Where::offsets && offsets_ != 2) unexpected("one offset");
    return go(Where::tensor);
  }

  bool end_object() override {
    if (where_ == Where::header) return go(Where::after);
    if (where_ == Where::tensor && !(has_dtype_ && has_shape_ && has_offsets_)) {
      fail(fmt::format("dtype, shape and data_offsets of tensor {} expected, not all found",
                       shown(header_.tensors.back().name)));
    }
    return go(Where::header);
  }

  bool null() override { unexpected("null"); }
  bool boolean(bool) override { unexpected("true or false"); }
  bool number_integer(std::int64_t) override { unexpected("a negative number"); }
  bool number_float(double, const std::string& text) override { unexpected(shown(text)); }
  bool binary(json::binary_t&) override { unexpected("binary data"); }

  bool parse_error(std::size_t position, const std::string&, const json::exception&) override {
    fail(fmt::format("a header in JSON expected, an error of syntax found at its byte {}",
                     position));
  }

  static std::string shown(const std::string& text) {
    constexpr std::size_t most = 80;
    return text.size() <= most ? text : text.substr(0, most) + "...";
  }

 private:
  enum class Where {
    before,
    header,
    metadata_key,
    metadata,
    metadata_value,
    tensor_key,
    tensor,
    dtype,
    shape_key,
    shape,
    offsets_key,
    offsets,
    after
  };

  bool go(Where where) { return where_ = where, true; }

  void first_time(bool& seen, const std::string& name) const {
    if (seen) twice(name);
    seen = true;
  }

  [[noreturn]] void twice(const std::string& name) const {
    fail(fmt::format("each name once expected, \"{}\" found twice", shown(name)));
  }

  [[noreturn]] void unexpected(const std::string& what) const {
    const char* expected = "an object of tensors";
    if (where_ == Where::metadata_key) expected = "an object as __metadata__";
    if (where_ == Where::metadata_value) expected = "a string as each value of __metadata__";
    if (where_ == Where::tensor_key) expected = "an object for each tensor";
    if (where_ == Where::dtype) expected = "a string as dtype";
    if (where_ == Where::shape_key) expected = "an array as shape";
    if (where_ == Where::shape) expected = "whole numbers from 0 on as shape";
    if (where_ == Where::offsets_key || where_ == Where::offsets) {
      expected = "two whole numbers from 0 on as data_offsets";
    }
    fail(fmt::format("{} expected, {} found in the header", expected, what));
  }

  [[noreturn]] void fail(const std::string& what) const { refuse(path_, what, give_safetensors); }

  const fs::path& path_;
  SafetensorsHeader& header_;
  Where where_ = Where::before;
  std::set<std::string> names_;
  std::string* text_ = nullptr;
  bool has_dtype_ = false, has_shape_ = false, has_offsets_ = false;
  int offsets_ = 0;
};

/// That the tensors' ranges cover `data` bytes, one after another; sorts them so.
void check_ranges(const fs::path& path, std::vector<Tensor>& tensors, std::uint64_t data) {
  const auto fail = [&](const Tensor& tensor, const std::string& expected) {
    refuse(path,
           fmt::format("{} for tensor {} expected, {} to {} found", expected,
                       HeaderParser::shown(tensor.name), tensor.begin, tensor.end),
           give_safetensors);
  };
  std::ranges::sort(tensors, {}, [](const Tensor& t) { return std::tie(t.begin, t.end, t.name); });
  std::uint64_t at = 0;
  for (const Tensor& tensor : tensors) {
    if (tensor.begin > tensor.end || tensor.end > data) {
      fail(tensor, fmt::format("a range within {} bytes of data", data));
    }
    if (tensor.begin != at) fail(tensor, fmt::format("a range that begins at byte {}", at));
    at = tensor.end;
    const auto size = elements(tensor);
    if (!size || (tensor.dtype == "F32" && *size * sizeof(float) != tensor.end - tensor.begin)) {
      fail(tensor, "the bytes of " + type_of(tensor));
    }
  }
  if (at != data) {
    refuse(path, fmt::format("{} bytes of data expected, as the tensors have, {} found", at, data),
           give_safetensors);
  }
}

}  // namespace

std::string type_of(const Tensor& tensor) {
  std::string text = HeaderParser::shown(tensor.dtype) + " [";
  for (std::size_t axis = 0; axis < tensor.shape.size(); ++axis) {
    text += (axis == 0 ? "" : ", ") + std::to_string(tensor.shape[axis]);
  }
  return text + "]";
}

std::optional<std::uint64_t> elements(const Tensor& tensor) {
  constexpr std::uint64_t limit = std::uint64_t{1} << 60;  // bytes of them fit too
  std::uint64_t product = 1;
  for (std::uint64_t extent : tensor.shape) {
    if (extent != 0 && product >= limit / extent) return std::nullopt;
    product *= extent;
  }
  return product;
}

SafetensorsHeader parse_header(const fs::path& path, const std::string& json_text,
                               std::uint64_t data) {
  if (!json_text.starts_with('{')) {
    refuse(path, "a header that begins with '{' expected, another character found",
           give_safetensors);
  }
  if (const auto nul = json_text.find('\0'); nul != json_text.npos) {  // would pass for the end
    refuse(path, fmt::format("a header in JSON expected, a zero found at its byte {}", nul),
           give_safetensors);
  }
  SafetensorsHeader header;
  HeaderParser parser(path, header);
  json::sax_parse(json_text, &parser);
  check_ranges(path, header.tensors, data);
  return header;
}

std::string format_header(const SafetensorsHeader& header) {
  nlohmann::ordered_json object;
  object[metadata_name] = header.metadata;
  for (const Tensor& tensor : header.tensors) {
    object[tensor.name] = {{"dtype", tensor.dtype},
                           {"shape", tensor.shape},
                           {"data_offsets", {tensor.begin, tensor.end}}};
  }
  std::string text = object.dump();
  text.resize(round_up(text.size(), 8), ' ');
  return text;
}

}  // namespace etch::detail
