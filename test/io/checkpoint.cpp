#include "etch/etch.hpp"  // first, which a portable build wants

#include <cstring>
#include <fstream>
#include <functional>
#include <limits>
#include <sstream>

#include "catch.hpp"
#include "etch/io/checkpoint.hpp"
#include "make.hpp"

using Catch::Matchers::ContainsSubstring;
using namespace etch;
using namespace etch::test;

namespace {

// A wide and a narrow dense layer, and layers without variables between.
using Net =
    Network<Input<6, 6, 1>, Conv2D<3, 3, Same, 2>, ReLU, Dense<20>, Dropout<0.25f>, ReLU, Dense<4>>;

std::string file_of(const std::string& json, std::size_t data) {
  const std::uint64_t length = json.size();
  std::string file(reinterpret_cast<const char*>(&length), sizeof length);
  return file + json + std::string(data, '\0');
}

std::filesystem::path write(const Folder& folder, const std::string& file) {
  return folder.write("file", Bytes(file.begin(), file.end()));
}

std::string read(const std::filesystem::path& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

/// Why `path` cannot be loaded; checks that nothing of the model changes and that the first line is
/// a sentence.
template <class Network = Net>
std::string why(const std::filesystem::path& path) {
  Model<Network> model;
  const std::vector<float> before(model.parameters().begin(), model.parameters().end());
  std::string message;
  try {
    load(model, path);
  } catch (const Error& error) {
    message = error.what();
  }
  CHECK(std::memcmp(before.data(), model.parameters().data(), before.size() * sizeof(float)) == 0);
  if (!message.empty()) {
    const std::string line = message.substr(0, message.find('\n'));
    CHECK_THAT(line, Catch::Matchers::StartsWith(path.string() + ": "));
    CHECK_THAT(line, ContainsSubstring(" expected, ") && ContainsSubstring("; "));
  }
  return message;
}

/// The same for a file of `json` and `data` bytes.
std::string why_not(const std::string& json, std::size_t data = 0) {
  const Folder folder;
  return why(write(folder, file_of(json, data)));
}

}  // namespace

TEST_CASE("a saved model loads to the last bit, biases and padding included", "[io][checkpoint]") {
  const Folder folder;
  Model<Net> model(Seed{3}, {.biases = {1, 2, 3}}), other(Seed{4});
  model.parameters()[0] = std::numeric_limits<float>::quiet_NaN();
  model.parameters()[1] = -0.0f;
  save(model, folder / "model");
  std::ranges::fill(other.parameters(), std::numeric_limits<float>::quiet_NaN());
  load(other, folder / "model");
  CHECK(std::memcmp(model.parameters().data(), other.parameters().data(),
                    model.parameters().size_bytes()) == 0);
  CHECK(std::distance(std::filesystem::directory_iterator(folder.path()), {}) == 1);
}

TEST_CASE("a file holds TensorFlow's layouts behind a header in JSON", "[io][checkpoint]") {
  const Folder folder;
  const Model<Net> model(Seed{3});
  save(model, folder / "model");
  const std::string file = read(folder / "model");
  const std::string json =
      R"({"__metadata__":{"etch_network":"Input<6, 6, 1>, Conv2D<3, 3, Same, 2>, ReLU, Dense<20>, )"
      R"(Dropout, ReLU, Dense<4>"},)"
      R"("0_conv2d.kernel":{"dtype":"F32","shape":[3,3,1,3],"data_offsets":[0,108]},)"
      R"("0_conv2d.bias":{"dtype":"F32","shape":[3],"data_offsets":[108,120]},)"
      R"("2_dense.kernel":{"dtype":"F32","shape":[27,20],"data_offsets":[120,2280]},)"
      R"("2_dense.bias":{"dtype":"F32","shape":[20],"data_offsets":[2280,2360]},)"
      R"("5_dense.kernel":{"dtype":"F32","shape":[20,4],"data_offsets":[2360,2680]},)"
      R"("5_dense.bias":{"dtype":"F32","shape":[4],"data_offsets":[2680,2696]}})";
  std::uint64_t length = 0;
  std::memcpy(&length, file.data(), sizeof length);
  CHECK(length % 8 == 0);
  CHECK(file.size() == 8 + length + 2696);
  CHECK(file.substr(8, json.size()) == json);
  CHECK(file.substr(8 + json.size(), length - json.size()) ==
        std::string(length - json.size(), ' '));
  const std::vector<float> kernel = model.get<2>("kernel");
  CHECK(std::memcmp(file.data() + 8 + length + 120, kernel.data(), 2160) == 0);
}

TEST_CASE("large variables go in parts, each to its place", "[io][checkpoint]") {
  using Large = Network<Input<1000>, Dense<40>>;
  const Folder folder;
  Model<Large> model(Seed{3}), other(Seed{4});
  save(model, folder / "model");
  const std::vector<float> kernel = model.get<0>("kernel");
  const std::string file = read(folder / "model");
  const std::size_t bytes = kernel.size() * sizeof(float);
  CHECK(std::memcmp(file.data() + file.size() - 160 - bytes, kernel.data(), bytes) == 0);
  load(other, folder / "model");
  CHECK(other.get<0>("kernel") == kernel);
}

TEST_CASE("another author's file loads: other order, white space, no signature",
          "[io][checkpoint]") {
  using Small = Network<Input<2>, Dense<2>>;
  const Folder folder;
  std::string file = file_of(
      "{\n \"0_dense.kernel\" : {\"shape\":[2, 2],\"data_offsets\":[8,24],\"dtype\":\"F32\"},\n"
      "\"__metadata__\":{\"format\":\"tf\"},"
      "\"0_dense.bias\":{\"dtype\":\"F32\",\"data_offsets\":[0,8],\"shape\":[2]}}  ",
      24);
  const std::vector<float> values{1, 2, 3, 4, 5, 6};
  std::memcpy(file.data() + file.size() - 24, values.data(), 24);
  Model<Small> model;
  load(model, write(folder, file));
  CHECK(model.get<0>("bias") == std::vector<float>{1, 2});
  CHECK(model.get<0>("kernel") == std::vector<float>{3, 4, 5, 6});
}

TEST_CASE("a file for another network is compared layer by layer", "[io][checkpoint]") {
  const Folder folder;
  using Other = Network<Input<6, 6, 1>, Conv2D<3, 3, Same, 2>, ReLU, Dense<21>, ReLU, Dense<4>>;
  save(Model<Other>(), folder / "other");
  CHECK(why(folder / "other") ==
        (folder / "other").string() +
            ": Dense<20> as layer 2 expected, Dense<21> found, and 9 more differ; give a file of "
            "this network"
            R"(
                       the network has        the file has
    input              Input<6, 6, 1>         Input<6, 6, 1>
    layer 0            Conv2D<3, 3, Same, 2>  Conv2D<3, 3, Same, 2>
      0_conv2d.kernel  F32 [3, 3, 1, 3]       F32 [3, 3, 1, 3]
      0_conv2d.bias    F32 [3]                F32 [3]
    layer 1            ReLU                   ReLU
  * layer 2            Dense<20>              Dense<21>
  *   2_dense.kernel   F32 [27, 20]           F32 [27, 21]
  *   2_dense.bias     F32 [20]               F32 [21]
  * layer 3            Dropout                ReLU
  * layer 4            ReLU                   Dense<4>
  *   4_dense.bias     -                      F32 [4]
  *   4_dense.kernel   -                      F32 [21, 4]
  * layer 5            Dense<4>               -
  *   5_dense.kernel   F32 [20, 4]            -
  *   5_dense.bias     F32 [4]                -)");
}

TEST_CASE("dropout's rate is no part of what a file is for, other arguments are",
          "[io][checkpoint]") {
  using Kept =
      Network<Input<6, 6, 1>, Conv2D<3, 3, Same, 2>, ReLU, Dense<20>, Dropout<>, ReLU, Dense<4>>;
  using Denser = Network<Input<5, 5, 1>, Conv2D<3, 3, Same, 2>, ReLU, Dense<20>, Dropout<>, ReLU,
                         Dense<4>>;  // whose tensors are the same
  const Folder folder;
  save(Model<Kept>(), folder / "kept");
  Model<Net> model;
  CHECK_NOTHROW(load(model, folder / "kept"));
  save(Model<Denser>(), folder / "denser");
  CHECK_THAT(why(folder / "denser"),
             ContainsSubstring("Input<6, 6, 1> as input expected, Input<5, 5, 1> found; give"));
}

TEST_CASE("a network of any length is its own file's, and not that of a longer one",
          "[io][checkpoint]") {
  const Folder folder;
  const detail::Schema schema{std::vector<std::string>(3'000, "ReLU"), {}};
  detail::Schema longer = schema;
  longer.layers.push_back("ReLU");
  detail::write_checkpoint(folder / "own", schema, {});
  detail::write_checkpoint(folder / "longer", longer, {});
  CHECK_NOTHROW(detail::read_checkpoint(folder / "own", schema, {}));
  CHECK_THROWS_WITH(detail::read_checkpoint(folder / "longer", schema, {}),
                    ContainsSubstring("none as layer 2999 expected, ReLU found; give"));
}

TEST_CASE("names, types and shapes that differ are named first", "[io][checkpoint]") {
  CHECK_THAT(why_not("{}"),
             ContainsSubstring("F32 [3, 3, 1, 3] as 0_conv2d.kernel expected, none found, and 5 "
                               "more differ; "));
  CHECK_THAT(why_not(R"({"0_conv2d.kernel":{"dtype":"F64","shape":[3,3,1,3],)"
                     R"("data_offsets":[0,216]}})",
                     216),
             ContainsSubstring(" expected, F64 [3, 3, 1, 3] found, and 5 more differ; "));
  // What a message shows has its limits.
  std::string many = "{", name(100'000, 'x');
  for (int i = 0; i < 5'000; ++i) {
    many +=
        "\"" + std::to_string(i) + "\\n\":{\"dtype\":\"I8\",\"shape\":[0],\"data_offsets\":[0,0]},";
  }
  many += "\"" + name + "\":{\"dtype\":\"" + name + "\",\"shape\":[],\"data_offsets\":[0,0]},";
  many += R"("__metadata__":{"etch_network":")" + std::string(100'000, ',') + "\"}}";
  const std::string message = why_not(many);
  CHECK(message.size() < 50'000);
  CHECK(std::ranges::count(message, '\n') < 300);
  CHECK_THAT(message, ContainsSubstring("more"));
}

TEST_CASE("a hostile file is refused in a line", "[io][checkpoint]") {
  const auto tensor = [](const std::string& rest) { return R"({"a":{)" + rest + "}}"; };
  const auto refused = [](const std::string& json, const std::string& reason,
                          std::size_t data = 0) {
    const std::string message = why_not(json, data);
    CHECK_THAT(message, ContainsSubstring(reason));
    CHECK(message.find('\n') == message.npos);
  };
  refused("", "a header that begins with '{' expected");
  refused(" {}", "a header that begins with '{' expected");
  refused("{", "an error of syntax found at its byte");
  refused("{}x", "an error of syntax");
  refused("{\"\xff\":1}", "an error of syntax");
  refused(std::string("{}\0", 3), "a zero found at its byte 2");
  refused(R"({"a":[]})", "an object for each tensor expected, an array found");
  refused("{\"a\":" + std::string(1'000'000, '['), "an object for each tensor expected");
  refused(R"({"a":{"shape":)" + std::string(1'000'000, '['), "whole numbers from 0 on as shape");
  refused(R"({"__metadata__":{"a":1}})", "a string as each value of __metadata__ expected");
  refused(R"({"__metadata__":{"a":"b","a":"b"}})", "\"a\" found twice");
  refused(R"({"__metadata__":{},"__metadata__":{}})", "\"__metadata__\" found twice");
  const std::string good = R"("dtype":"F32","shape":[2],"data_offsets":[0,8])";
  refused("{\"a\":{" + good + "},\"a\":{" + good + "}}", "\"a\" found twice", 8);
  refused(tensor(good + R"(,"dtype":"F32")"), "\"dtype\" found twice", 8);
  refused(tensor(good + R"(,"more":"F32")"), "\"more\" found", 8);
  refused(tensor(R"("dtype":"F32","shape":[2])"), "not all found");
  refused(tensor(R"("dtype":3)"), "a string as dtype expected");
  refused(tensor(R"("shape":[-1])"), "a negative number found");
  refused(tensor(R"("shape":[1.5])"), "1.5 found");
  refused(tensor(R"("shape":[99999999999999999999])"), "99999999999999999999 found");
  refused(tensor(R"("shape":["2"])"), "a string found");
  refused(tensor(R"("shape":null)"), "null found");
  refused(tensor(R"("data_offsets":[0])"), "one offset found");
  refused(tensor(R"("data_offsets":[0,1,2])"), "two whole numbers");
  refused(
      "{\"a\":{\"shape\":[1" + std::string(200, ' ') +
          [] {
            std::string ones;
            for (int i = 0; i < 40; ++i) ones += ",1";
            return ones;
          }() +
          "]}}",
      "at most 32 axes");

  refused(tensor(good), "a range within 7 bytes of data", 7);
  refused(tensor(good), "8 bytes of data expected, as the tensors have, 9 found", 9);
  refused("{}", "0 bytes of data expected", 1);
  refused(tensor(R"("dtype":"F32","shape":[1],"data_offsets":[4,8])"), "begins at byte 0", 8);
  refused(tensor(R"("dtype":"F32","shape":[1],"data_offsets":[8,4])"), "a range within", 8);
  refused("{\"a\":{" + good + "},\"b\":{" + good + "}}", "begins at byte 8", 8);
  refused(tensor(R"("dtype":"F32","shape":[3],"data_offsets":[0,8])"),
          "the bytes of F32 [3] for tensor a", 8);
  for (const char* const shape :
       {"4611686018427387906", "4294967296,4294967296,4", "65536,65536,65536,65536,2"}) {
    refused(tensor(std::string(R"("dtype":"F32","data_offsets":[0,8],"shape":[)") + shape + "]"),
            "the bytes of F32 [", 8);
  }
}

TEST_CASE("a header's length is checked before anything is kept of it", "[io][checkpoint]") {
  const Folder folder;
  const auto refused = [&](std::uint64_t length, std::size_t rest) {
    std::string file(reinterpret_cast<const char*>(&length), sizeof length);
    return why(write(folder, file + std::string(rest, '{')));
  };
  CHECK_THAT(refused(3, 2), ContainsSubstring("a header of at most 2 bytes expected, one of 3"));
  CHECK_THAT(refused(~std::uint64_t{0}, 2), ContainsSubstring("18446744073709551615 found"));
  const auto large = write(folder, file_of("{}", 0));
  std::filesystem::resize_file(large, 200'000'000);  // of holes
  std::fstream(large, std::ios::in | std::ios::out | std::ios::binary)
      .write("\x01\xe1\xf5\x05\0\0\0\0", 8);  // 100,000,001
  CHECK_THAT(why(large), ContainsSubstring("at most 100000000 bytes expected, one of 100000001"));

  CHECK_THAT(why(write(folder, "short")), ContainsSubstring("8 bytes with the header's length"));
  CHECK_THAT(why(write(folder, "")), ContainsSubstring("8 bytes with the header's length"));
  CHECK_THAT(why(folder.path()), ContainsSubstring("a folder or device found"));
  CHECK_THAT(why("/dev/zero"), ContainsSubstring("a folder or device found"));
  CHECK_THAT(why(folder / "nowhere"), ContainsSubstring("No such file"));
}

TEST_CASE("no changed byte of a file does harm", "[io][checkpoint]") {
  using Small = Network<Input<2>, Dense<2>>;
  const Folder folder;
  save(Model<Small>(), folder / "small");
  const std::string good = read(folder / "small");
  const std::size_t header = good.size() - 24;
  for (std::size_t i = 0; i < header; ++i) {
    for (const int flip : {1, 0x20, 0x80}) {
      std::string bad = good;
      bad[i] = static_cast<char>(bad[i] ^ flip);
      CHECK((why<Small>(write(folder, bad)) != "" || i >= 8));
    }
  }
  for (std::size_t size = 0; size < good.size(); ++size) {
    CHECK(why<Small>(write(folder, good.substr(0, size))) != "");
  }
}
