#include "etch/io/pickle.hpp"

#include <cstring>
#include <fstream>
#include <set>
#include <string>

#include "catch.hpp"
#include "etch/base/philox.hpp"
#include "etch/io/dataset.hpp"
#include "etch/io/pickle_write.hpp"
#include "make.hpp"

// Pickles written by hand; those of Python are in pickle_test.py.

using Catch::Matchers::ContainsSubstring;
using namespace etch;
using namespace etch::test;
using namespace std::string_literals;

namespace {

std::string little(std::uint64_t number, int bytes) {
  std::string text;
  for (int i = 0; i < bytes; ++i) text += static_cast<char>(number >> 8 * i);
  return text;
}

std::string text(const std::string& name) {
  return "\x8c" + little(name.size(), 1) + name;
}

std::string bytes(const std::string& data) {
  return "\x8e" + little(data.size(), 8) + data;
}

std::string stored(const std::vector<float>& values) {
  std::string data(values.size() * sizeof(float), '\0');
  std::memcpy(data.data(), values.data(), data.size());
  return bytes(data);
}

std::string shape(const std::vector<std::uint32_t>& axes) {
  std::string code = "(";
  for (const std::uint32_t axis : axes) code += "J" + little(axis, 4);
  return code + "t";
}

/// What an array is built of: its shape, type, byte order and data, as opcodes.
std::string array(const std::string& shape, const std::string& type, const std::string& data,
                  const std::string& order = "<") {
  return "cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(K\0tC\x01"s + "btR" + "(K\x01" +
         shape + "cnumpy\ndtype\n(" + text(type) + "\x89\x88tR(K\x03" + text(order) +
         "NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\0tb\x89"s + data + "tb";
}

/// Pictures of 1x2 that tell their number, and labels.
std::string pictures(std::uint32_t count, float tag = 0) {
  std::vector<float> values;
  for (std::uint32_t i = 0; i < count; ++i)
    values.insert(values.end(), {static_cast<float>(i), tag});
  return array(shape({count, 1, 2}), "f4", stored(values));
}

std::string labels(std::uint32_t count) {
  std::string data;
  for (std::uint32_t i = 0; i < count; ++i) data += static_cast<char>(i % 10);
  return array(shape({count}), "u1", bytes(data), "|");
}

struct Course {
  std::string train = pictures(25), train_labels = labels(25);
  std::string valid = pictures(2, 1), valid_labels = labels(2);
  std::string test = pictures(3, 2), test_labels = labels(3);
  std::string more = "";

  std::string code() const {
    return "\x80\x04}(" + text("train_dataset") + train + text("train_labels") + train_labels +
           text("valid_dataset") + valid + text("valid_labels") + valid_labels +
           text("test_dataset") + test + text("test_labels") + test_labels + more + "u.";
  }
};

/// A file that was not there: file systems take their time for those that were.
std::filesystem::path write(const Folder& folder, const std::string& code) {
  std::filesystem::remove(folder / "x.pickle");
  return folder.write("x.pickle", Bytes(code.begin(), code.end()));
}

std::string refusal(const std::string& code) {
  const Folder folder;
  return error_of(write(folder, code));
}

float value(const Pictures& pictures, std::size_t i) {
  REQUIRE(pictures.floats(i) != nullptr);
  float value;
  std::memcpy(&value, pictures.floats(i), sizeof value);
  return value;
}

}  // namespace

TEST_CASE("a pickle's parts are taken as they are", "[io][pickle]") {
  const Folder folder;
  const Dataset data = load_dataset(write(folder, Course().code()));
  CHECK(data.height == 1);
  CHECK(data.width == 2);
  CHECK(data.train.size() == 25);
  CHECK(data.validation.size() == 2);
  CHECK(data.test.size() == 3);
  CHECK(data.skipped.empty());
  for (const Split* part : {&data.train, &data.validation, &data.test}) {
    for (std::size_t i = 0; i < part->size(); ++i) {
      CHECK(value(part->pictures(), i) == static_cast<float>(i));
      CHECK(part->labels[i] == i % 10);
    }
  }
  const Minibatch batch = data.train.minibatch(2, 10);  // from 2 * 10 % (25 - 10) on
  CHECK(batch.pictures.count() == 10);
  CHECK(value(batch.pictures, 0) == 5);
  CHECK(batch.labels[0] == 5);
}

TEST_CASE("the file stays mapped as long as a part of it is in use", "[io][pickle]") {
  const Folder folder;
  Split part;
  {
    const auto path = write(folder, Course().code());
    part = load_dataset(path).test;
    std::filesystem::remove(path);
  }
  CHECK(value(part.pictures(), 2) == 2);
}

TEST_CASE("raw floats are read where the file has them, at odd addresses too", "[io][pickle]") {
  const Folder folder;
  std::set<std::size_t> places;
  for (std::size_t odd = 0; odd < 4; ++odd) {
    Course course;
    course.train_labels += text(std::string(odd, 'x')) + "N";
    const Dataset data = load_dataset(write(folder, course.code()));
    CHECK(data.validation.pixels.empty());
    CHECK(value(data.validation.pictures(), 1) == 1);
    places.insert(reinterpret_cast<std::uintptr_t>(data.validation.pictures().floats(0)) % 4);
  }
  CHECK(places.size() == 4);
}

TEST_CASE("a key that comes again counts, as in Python", "[io][pickle]") {
  Course course;
  course.more = text("test_dataset") + pictures(4) + text("test_labels") + labels(4);
  const Folder folder;
  CHECK(load_dataset(write(folder, course.code())).test.size() == 4);
}

TEST_CASE("a pickle is refused by the name of what it asks for", "[io][pickle]") {
  const auto refused = [](const std::string& code, const std::string& name) {
    CHECK_THAT(refusal("\x80\x02" + code), ContainsSubstring(name));
  };
  refused("cos\nsystem\n(" + text("true") + "tR.", "global os.system found at byte 2");
  refused(text("posix") + text("system") + "\x93.", "global posix.system found");
  refused("cnumpy\nload\n.", "global numpy.load found");
  refused("c__builtin__\neval\n.", "global __builtin__.eval found");
  refused("c\x1b[31m;\n" + std::string(1000, 'x') + "\n.", "global ?[31m?.xxx");
  refused("P5\n.", "opcode PERSID (persistent id)");
  refused("K\x05Q.", "opcode BINPERSID (persistent id) found at byte 4");
  refused("\x82\x05.", "opcode EXT1 (extension)");
  refused("\x84\x05\x01\x01\x01.", "opcode EXT4 (extension)");
  refused("(ios\nsystem\n.", "opcode INST");
  refused("(cos\nsystem\no.", "global os.system");
  refused("cnumpy\nndarray\n)\x81.", "opcode NEWOBJ");
  refused("\x80\x02N.", "opcode PROTO");
  refused("\xff.", "the unknown opcode 0xff");
  refused("]N\x61.", "opcode EMPTY_LIST");
  CHECK_THAT(refusal("\x80\x06N."), ContainsSubstring("protocol 6 found"));
  CHECK_THAT(refusal("\x80\x01N."), ContainsSubstring("protocol 1 found"));
  CHECK_THAT(refusal("(dp0\n."), ContainsSubstring("protocol 2 to 5 expected"));
  CHECK_THAT(refusal(""), ContainsSubstring("protocol 2 to 5 expected"));
}

TEST_CASE("a pickle that misuses stack, memo or functions is refused", "[io][pickle]") {
  const auto refused = [](const std::string& code, const std::string& why) {
    CHECK_THAT(refusal("\x80\x02" + code), ContainsSubstring(why));
  };
  refused(".", "one value at the end expected, 0 found");
  refused("NN.", "one value at the end expected, 2 found");
  refused("N(.", "one value at the end expected, 2 found");
  refused("N.N", "1 bytes more found");
  refused("h\x05.", "a value put into the memo before expected, none for 5 found");
  refused("q\x05.", "a value on the stack expected, none found");
  refused("\x94.", "a value on the stack");
  refused("t.", "a mark on the stack expected");
  refused("N\x86.", "a value on the stack");
  refused("N(\x85.", "a value on the stack");  // below the mark
  refused("NNNs.", "a name expected, another value found");
  refused("N" + text("a") + "Ns.", "a dictionary to put values into expected");
  refused("}(N" + text("a") + "u.", "a name expected");
  refused("}(" + text("a") + "u.", "a value for each key expected");
  refused("X" + little(300, 4) + std::string(300, 'x') + text("y") + "\x93.", "too long");
  refused("N)R.", "a function of numpy's to call expected");
  refused("cnumpy\nndarray\n)R.", "a function of numpy's to call expected");
  refused("cnumpy\ndtype\nNR.", "what numpy writes for a dtype expected");
  refused("cnumpy\ndtype\n)R.", "what numpy writes for a dtype expected");
  refused("cnumpy\ndtype\n(" + text(std::string(200, 'f')) + "tR.", "for a dtype expected");
  refused("c_codecs\nencode\n(C\x01xX\x06\0\0\0latin1tR."s, "for bytes expected");
  refused("c_codecs\nencode\n(" + text("x") + text("rot13") + "tR.", "for bytes expected");
  refused("}Nb.", "an array or a dtype to set the state of expected");
  refused("Sabc\n.", "a string in quotes expected, abc found");
  refused("S'\n.", "a string in quotes expected");
  refused("\x8a\x09" + std::string(9, '\1') + ".", "whole numbers of 8 bytes at most");
}

TEST_CASE("numbers in a pickle that lie are refused", "[io][pickle]") {
  const auto refused = [](const Course& course, const std::string& why) {
    CHECK_THAT(refusal(course.code()), ContainsSubstring(why));
  };
  const std::string few = stored({1, 2});
  refused({.test = array(shape({0x7fffffff, 0x3ff, 0x3ff}), "f4", few)}, "test_dataset");
  refused({.test = array(shape({0x40000000, 4, 4}), "f4", few)}, "test_dataset");
  // 2^62 labels of 8 bytes are no bytes, modulo 2^64.
  const std::string axis = "\x8a\x08" + little(std::uint64_t{1} << 62, 8);
  refused({.test = array("(" + axis + "K\x01K\x02t", "f4", bytes("")),
           .test_labels = array("(" + axis + "t", "i8", bytes(""))},
          "(4611686018427387904,) expected, 0 bytes in the file found");
  refused({.test = array(shape({3, 1, 0xffffffff}), "f4", few)}, "an array expected");
  refused({.test = array(shape({3, 1, 0}), "f4", bytes(""))}, "(3, 1, 0) found");
  refused({.test = array(shape({3, 1, 2000}), "f4", stored(std::vector<float>(6000)))},
          "(3, 1, 2000) found");
  refused({.test = array(shape({3, 1, 2}), "f4", stored({1, 2, 3, 4, 5}))}, "20 bytes");
  refused({.test = array(shape({3, 1, 2}), "f4", text(std::string(24, 'x')))}, "24 bytes");
  refused({.test = array(shape({3, 1, 2}), "f4", "N")}, "what numpy writes for an array");
  refused({.test = array(shape(std::vector<std::uint32_t>(40, 1)), "f4", few)}, "an array");
  refused({.test = array(shape({3, 1, 2}), "f8", stored(std::vector<float>(12)))}, "<f8 found");
  refused({.test = array(shape({3, 1, 2}), "f4", stored(std::vector<float>(6)), ">")}, ">f4");
  refused({.test_labels = labels(4)}, "test_labels of shape (3,) expected");
  refused({.test_labels = array(shape({3}), "i8", bytes(std::string(12, '\0')))}, "12 bytes");
  refused({.more = "N\x8e" + little(~0ull, 8)}, "where the file has");
  refused({.more = "NX" + little(0xffffffff, 4)}, "where the file has");
  refused({.more = "\x95" + little(1 << 20, 8) + "NN"}, "where the file has");
}

TEST_CASE("latin-1 that stands for no bytes is refused", "[io][pickle]") {
  const auto with = [](const std::string& data) {
    const std::string encoded = "c_codecs\nencode\n(" + text(data) + text("latin1") + "tR";
    return Course{.test_labels = array(shape({3}), "u1", encoded)}.code();
  };
  const Folder folder;
  CHECK(load_dataset(write(folder, with("\x01\x02\x03"))).test.labels == Bytes{1, 2, 3});
  CHECK_THAT(refusal(with("\xc2\x80\x01\x02")), ContainsSubstring("128 found at index 0"));
  for (const char* bad : {"\x01\x02\x80", "\x01\x02\xc2", "\x01\x02\xc4\x80", "\x01\x02\xc1\x83",
                          "\x01\x02\xc3\x03", "\x01\x02\xe2\x82\xac"}) {
    CHECK_THAT(refusal(with(bad)), ContainsSubstring("test_labels"));
  }
}

TEST_CASE("quoted bytes are read as Python 2 prints them", "[io][pickle]") {
  const auto with = [](const std::string& quoted) {
    return Course{.test_labels = array(shape({3}), "u1", "S" + quoted + "\n")}.code();
  };
  const Folder folder;
  CHECK(load_dataset(write(folder, with(R"('\x01\t\x09')"))).test.labels == Bytes{1, 9, 9});
  CHECK_THAT(refusal(with(R"("\x00'\\")")), ContainsSubstring("39 found at index 1"));
  for (const char* bad : {R"('\x01\x0')", R"('ab\')", R"('\x01\xzz\x00')", R"('\q12')"}) {
    CHECK_THAT(refusal(with(bad)), ContainsSubstring("test_labels"));
  }
}

TEST_CASE("a pickle cannot use up memory or time", "[io][pickle]") {
  const std::string large(1 << 20, '\x85');  // tuples in tuples
  CHECK_THAT(refusal("\x80\x02N" + large), ContainsSubstring("at most 10000 instructions"));
  CHECK_THAT(refusal("\x80\x02" + std::string(1 << 20, '(')), ContainsSubstring("at most 10000"));
  CHECK_THAT(refusal("\x80\x04}" + std::string(1 << 20, '\x94')),
             ContainsSubstring("at most 10000"));
  // A dictionary that holds itself, an array whose shape is the tuple that holds it.
  CHECK_THAT(refusal("\x80\x04}\x94" + text("train_dataset") + "h" + '\0' + "s."),
             ContainsSubstring("an array expected for train_dataset"));
}

TEST_CASE("a pickle that is cut or changed is an error or a data set", "[io][pickle]") {
  const std::string code = Course().code();
  const Folder folder;
  for (std::size_t size = 0; size < code.size(); ++size) {
    INFO("cut to " << size);
    CHECK(error_of(write(folder, code.substr(0, size))) != "");
  }
  std::size_t errors = 0;
  for (std::uint32_t round = 0; round < 3'000; ++round) {
    const RandomStream random{.seed = 11, .step = round};
    std::string changed = code;
    for (std::uint32_t i = 0; i <= round % 3; ++i) {
      const auto at = below(static_cast<std::uint32_t>(code.size()), random.word(2 * i));
      changed[at] = static_cast<char>(random.word(2 * i + 1));
    }
    const auto path = write(folder, changed);
    INFO("round " << round);
    try {
      const Dataset data = load_dataset(path);
      for (const Split* part : {&data.train, &data.validation, &data.test}) {
        CHECK(part->pictures().count() == part->size());
        for (std::size_t i = 0; i < part->size(); ++i) {
          CHECK(part->labels[i] < 10);
          CHECK(part->pictures().floats(i)[part->values * sizeof(float) - 1] != std::byte{0x99});
        }
      }
    } catch (const Error& error) {
      ++errors;
      CHECK(std::string(error.what()).find('\n') == std::string::npos);
    }
  }
  CHECK(errors > 1'000);
}

TEST_CASE("a pickle is known by its name or how it begins", "[io][pickle]") {
  const Folder folder;
  const Bytes good = [] {
    const std::string code = Course().code();
    return Bytes(code.begin(), code.end());
  }();
  CHECK(load_dataset(folder.write("data", good)).train.size() == 25);
  CHECK(load_dataset(folder.write("data.pkl", good)).train.size() == 25);
  CHECK_THAT(error_of(folder.write("a.pickle", letter(1))),
             ContainsSubstring("protocol 2 to 5 expected, another beginning found"));
}

TEST_CASE("what is saved is loaded, bytes as the floats that they mean", "[io][pickle]") {
  const Folder folder;
  Dataset data;
  data.height = 16, data.width = 16;
  data.train.values = data.validation.values = data.test.values = 256;
  for (int p = 0; p < 256; ++p) data.train.pixels.push_back(static_cast<std::uint8_t>(p));
  std::vector<float> floats(512);
  for (std::size_t i = 0; i < floats.size(); ++i) floats[i] = 0.37f * static_cast<float>(i);
  data.validation.floats.bytes = std::as_bytes(std::span(floats));
  data.test = data.validation;
  data.train.labels = {9};
  data.validation.labels = data.test.labels = {3, 0};
  const auto path = folder / "saved.pickle";
  save_pickle(path, data);

  const Dataset loaded = load_dataset(path);
  CHECK(loaded.height == 16);
  CHECK(loaded.width == 16);
  CHECK(loaded.train.labels == Bytes{9});
  CHECK(loaded.test.labels == Bytes{3, 0});
  std::vector<float> trained(256);
  std::memcpy(trained.data(), loaded.train.pictures().floats(0), 1024);
  for (std::size_t p = 0; p < 256; ++p) {
    CHECK(trained[p] == (static_cast<float>(p) - 127.5f) / 255.0f);
  }
  CHECK(std::memcmp(loaded.validation.pictures().floats(0), floats.data(), 2048) == 0);

  save_pickle(path, loaded);  // over the file that it comes from
  CHECK(load_dataset(path).test.labels == Bytes{3, 0});
  CHECK(std::memcmp(loaded.validation.pictures().floats(0), floats.data(), 2048) == 0);
  CHECK(std::distance(std::filesystem::directory_iterator(folder.path()), {}) == 1);
}
