#include "etch/app/command_line.hpp"

#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include "catch.hpp"

using namespace etch;
using namespace etch::app;

namespace {

struct Read {
  std::optional<int> done;
  Settings settings{.name = "model", .about = "A model.", .steps = 7};
  Options options;

  Read(const Abilities& network, std::vector<std::string> words) {
    words.insert(words.begin(), "model");
    std::vector<char*> pointers;
    for (std::string& word : words) pointers.push_back(word.data());
    done = read_command_line(static_cast<int>(words.size()), pointers.data(), network, settings,
                             options);
  }
};

constexpr Abilities everything{.drops = true, .reads_pictures = true};

}  // namespace

TEST_CASE("What the command line leaves out stays as the assignment has it") {
  const Read read({}, {});
  CHECK(!read.done);
  CHECK(read.settings.steps == 7);
  CHECK(read.options.seed == 1);
  CHECK(read.options.threads >= 1);
  CHECK(!read.options.dropout);
  CHECK(read.options.data.filename() == "letters");
}

TEST_CASE("Options reach what they change") {
  const Read read(everything, {"--data",
                               "x.tar.gz",
                               "--steps",
                               "5",
                               "--eval-every",
                               "2",
                               "--seed",
                               "3",
                               "--threads",
                               "4",
                               "--learning-rate",
                               "0.25",
                               "--l2",
                               "0.125",
                               "--weight-decay",
                               "0.5",
                               "--shift",
                               "2",
                               "--slant",
                               "0.25",
                               "--zoom",
                               "0.125",
                               "--train-size",
                               "3000",
                               "--dropout",
                               "0.75",
                               "--test-size",
                               "10",
                               "--validation-size",
                               "20",
                               "--split-seed",
                               "6",
                               "--save",
                               "b",
                               "--log",
                               "c",
                               "--confusion",
                               "--mistakes",
                               "d",
                               "--predict",
                               "e",
                               "f",
                               "--summary"});
  CHECK(!read.done);
  CHECK(read.options.data == "x.tar.gz");
  CHECK(read.settings.steps == 5);
  CHECK(read.settings.eval_every == 2);
  CHECK(read.options.seed == 3);
  CHECK(read.options.threads == 4);
  CHECK(read.settings.learning_rate.highest == 0.25f);
  CHECK(read.settings.l2 == 0.125f);
  CHECK(read.settings.weight_decay == 0.5f);
  CHECK(read.settings.augmentation.shift == 2);
  CHECK(read.settings.augmentation.slant == 0.25f);
  CHECK(read.settings.augmentation.zoom == 0.125f);
  CHECK(read.settings.train_size == 3000u);
  CHECK(read.options.dropout == 0.75f);
  CHECK(read.options.split.test == 10);
  CHECK(read.options.split.validation == 20);
  CHECK(read.options.split.seed == 6);
  CHECK(read.options.save == "b");
  CHECK(read.options.log == "c");
  CHECK(read.options.confusion);
  CHECK(read.options.mistakes == "d");
  CHECK(read.options.predict == std::vector<std::string>{"e", "f"});
  CHECK(read.options.summary);
}

TEST_CASE("Dropout is an option of networks that drop, from 0 to below 1") {
  CHECK(Read({}, {"--dropout", "0.5"}).done == 2);
  CHECK(Read(everything, {"--dropout", "1"}).done == 2);
  CHECK(Read(everything, {"--dropout", "-0.1"}).done == 2);
  CHECK(Read(everything, {"--dropout", "0"}).options.dropout == 0);
}

TEST_CASE("Augmentation is an option of networks that read pictures") {
  CHECK(Read({}, {"--shift", "1"}).done == 2);
  CHECK(Read(everything, {"--shift", "-1"}).done == 2);
  CHECK(Read(everything, {"--zoom", "1"}).done == 2);
  CHECK(Read(everything, {"--slant", "nan"}).done == 2);
  CHECK(Read(everything, {"--train-size", "0"}).done == 2);
}

TEST_CASE("A model from a file classifies pictures instead of being trained") {
  const Read read({}, {"--predict", "a", "b", "--init", "c"});
  CHECK(!read.done);
  CHECK(read.options.only_predicts());
  CHECK(read.options.init == "c");
  CHECK(!Read({}, {"--predict", "a"}).options.only_predicts());
  CHECK(!Read({}, {"--init", "a"}).options.only_predicts());

  for (const auto& option : std::vector<std::vector<std::string>>{{"--data", "x"},
                                                                  {"--l2", "1"},
                                                                  {"--summary"},
                                                                  {"--steps", "1"},
                                                                  {"--save", "x"},
                                                                  {"--log", "x"},
                                                                  {"--mistakes", "x"},
                                                                  {"--confusion"}}) {
    std::vector<std::string> words{"--init", "c", "--predict", "a"};
    words.insert(words.end(), option.begin(), option.end());
    CHECK(Read({}, words).done == 2);
  }
  CHECK(Read({}, {"--init", "c", "--predict"}).done == 2);
}

TEST_CASE("A file that is written is neither read nor written by another option") {
  const std::vector<std::vector<std::string>> wrong{
      {"--data", "x", "--log", "x"},      {"--data", "x", "--save", "./x"},
      {"--init", "x", "--log", "y/../x"}, {"--predict", "a", "x", "--log", "x"},
      {"--save", "x", "--log", "x"},      {"--save", "x", "--mistakes", "x"},
      {"--log", "x", "--mistakes", "x"}};
  for (const auto& words : wrong) CHECK(Read({}, words).done == 2);
  CHECK(!Read({}, {"--init", "x", "--save", "x", "--log", "y", "--mistakes", "z"}).done);

  const std::filesystem::path folder = std::filesystem::temp_directory_path() / "etch_outputs";
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  std::ofstream(folder / "file") << "data";
  std::filesystem::create_hard_link(folder / "file", folder / "hard");
  std::filesystem::create_symlink("file", folder / "soft");
  std::filesystem::create_symlink("new", folder / "dangling");
  const auto at = [&](const char* name) { return (folder / name).string(); };
  CHECK(Read({}, {"--data", at("file"), "--log", at("hard")}).done == 2);
  CHECK(Read({}, {"--data", at("soft"), "--log", at("file")}).done == 2);
  CHECK(Read({}, {"--save", at("dangling"), "--log", at("new")}).done == 2);
  CHECK(!Read({}, {"--data", at("file"), "--log", at("new")}).done);
  std::filesystem::remove_all(folder);
}

TEST_CASE("An empty name of a file is wrong usage, not an option left out") {
  for (const char* const option :
       {"--data", "--init", "--save", "--log", "--mistakes", "--predict"}) {
    INFO(option);
    CHECK(Read({}, {option, ""}).done == 2);
  }
  CHECK(Read({}, {"--predict", "a", ""}).done == 2);
}
