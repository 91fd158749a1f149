#include "etch/io/pickle_write.hpp"

#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "etch/io/new_file.hpp"

namespace etch {
namespace {

using namespace std::string_view_literals;

constexpr char order = '<';  // little-endian, as safetensors.cpp asserts

/// Opcodes, for which pickle_opcodes.hpp has names; here they read better as they are.
class Writer {
 public:
  explicit Writer(const std::filesystem::path& file) : file_(file) {}

  void code(std::string_view text) {
    file_.write({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
  }

  template <class T>
  void data(const std::vector<T>& values) {
    file_.write({reinterpret_cast<const std::uint8_t*>(values.data()), values.size() * sizeof(T)});
  }

  void text(std::string_view text) {  // SHORT_BINUNICODE
    code("\x8c"sv);
    number(text.size(), 1);
    code(text);
  }

  /// All of an array but its `bytes` of data, which follow, and the end.
  void array(std::initializer_list<std::size_t> shape, std::string_view type, std::size_t bytes) {
    code("cnumpy.core.multiarray\n_reconstruct\n"sv);  // numpy 2 knows it by this name too
    code(
        "cnumpy\nndarray\nK\0\x85"
        "C\x01"
        "b\x87R(K\x01("sv);
    for (const std::size_t axis : shape) {
      code("J"sv);
      number(axis, 4);
    }
    code("tcnumpy\ndtype\n"sv);
    text(type);
    code("\x89\x88\x87R(K\x03"sv);
    text({&order, 1});
    code("NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\0tb\x89\x8e"sv);
    number(bytes, 8);
  }

  void end_array() { code("tb"sv); }

  void finish() { file_.finish(); }

 private:
  void number(std::size_t number, int bytes) {
    for (int i = 0; i < bytes; ++i) {
      const auto byte = static_cast<char>(number >> 8 * i);
      code({&byte, 1});
    }
  }

  detail::NewFile file_;
};

/// A picture's floats, as a network reads them.
void read(const Pictures& pictures, std::size_t i, std::vector<float>& values) {
  if (const std::uint8_t* bytes = pictures.bytes(i)) {
    for (std::size_t j = 0; j < values.size(); ++j) values[j] = float_of(bytes[j]);
  } else {
    std::memcpy(values.data(), pictures.floats(i), values.size() * sizeof(float));
  }
}

void write(Writer& writer, const std::string& name, const Split& part, const Dataset& data) {
  writer.text(name + "_dataset");
  writer.array({part.size(), data.height, data.width}, "f4",
               part.size() * part.values * sizeof(float));
  std::vector<float> picture(part.values);
  for (std::size_t i = 0; i < part.size(); ++i) {
    read(part.pictures(), i, picture);
    writer.data(picture);
  }
  writer.end_array();

  writer.text(name + "_labels");
  writer.array({part.size()}, "i4", part.size() * sizeof(std::int32_t));
  writer.data(std::vector<std::int32_t>(part.labels.begin(), part.labels.end()));
  writer.end_array();
}

}  // namespace

void save_pickle(const std::filesystem::path& file, const Dataset& data) {
  Writer writer(file);
  writer.code("\x80\x04}("sv);
  for (const auto& [name, part] :
       {std::pair{"train", &data.train}, std::pair{"valid", &data.validation},
        std::pair{"test", &data.test}}) {
    write(writer, name, *part, data);
  }
  writer.code("u."sv);
  writer.finish();
}

}  // namespace etch
