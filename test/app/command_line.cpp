#include "etch/app/command_line.hpp"

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

  Read(bool drops, std::vector<std::string> words) {
    words.insert(words.begin(), "model");
    std::vector<char*> pointers;
    for (std::string& word : words) pointers.push_back(word.data());
    done = read_command_line(static_cast<int>(words.size()), pointers.data(), drops, settings,
                             options);
  }
};

}  // namespace

TEST_CASE("What the command line leaves out stays as the assignment has it") {
  const Read read(false, {});
  CHECK(!read.done);
  CHECK(read.settings.steps == 7);
  CHECK(read.options.seed == 1);
  CHECK(read.options.threads >= 1);
  CHECK(!read.options.dropout);
  CHECK(read.options.data.filename() == "letters");
}

TEST_CASE("Options reach what they change") {
  const Read read(true, {"--data",
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
                         "--dropout",
                         "0.75",
                         "--test-size",
                         "10",
                         "--validation-size",
                         "20",
                         "--split-seed",
                         "6",
                         "--summary"});
  CHECK(!read.done);
  CHECK(read.options.data == "x.tar.gz");
  CHECK(read.settings.steps == 5);
  CHECK(read.settings.eval_every == 2);
  CHECK(read.options.seed == 3);
  CHECK(read.options.threads == 4);
  CHECK(read.settings.learning_rate.initial == 0.25f);
  CHECK(read.settings.l2 == 0.125f);
  CHECK(read.options.dropout == 0.75f);
  CHECK(read.options.split.test == 10);
  CHECK(read.options.split.validation == 20);
  CHECK(read.options.split.seed == 6);
  CHECK(read.options.summary);
}

TEST_CASE("Dropout is an option of networks that drop, from 0 to below 1") {
  CHECK(Read(false, {"--dropout", "0.5"}).done == 2);
  CHECK(Read(true, {"--dropout", "1"}).done == 2);
  CHECK(Read(true, {"--dropout", "-0.1"}).done == 2);
  CHECK(Read(true, {"--dropout", "0"}).options.dropout == 0);
}
