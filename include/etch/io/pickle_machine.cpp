#include "etch/io/pickle_machine.hpp"

#include <fmt/format.h>

#include <string>
#include <utility>

#include "etch/io/pickle_numpy.hpp"
#include "etch/io/pickle_opcodes.hpp"

namespace etch::detail {
namespace {

/// Six arrays take some 250.
constexpr int most_instructions = 10'000;

}  // namespace

PickleValue PickleMachine::run() {
  if (file_.left() == 0 || file_.opcode() != op::proto) {
    file_.fail("a pickle of protocol 2 to 5", "another beginning");
  }
  const std::uint64_t protocol = file_.number(1);
  if (protocol < 2 || protocol > 5) {
    file_.fail("a pickle of protocol 2 to 5", fmt::format("protocol {}", protocol));
  }
  for (int i = 0; i < most_instructions; ++i) {
    const std::uint8_t opcode = file_.opcode();
    if (opcode == op::stop) return result();
    const bool done = constant(opcode) || string(opcode) || memo(opcode) || tuple(opcode) ||
                      dictionary(opcode) || object(opcode);
    if (!done) refuse(opcode);
  }
  file_.fail(fmt::format("at most {} instructions", most_instructions), "more");
}

PickleValue PickleMachine::result() {
  if (stack_.size() != 1 || !marks_.empty()) {
    file_.fail("one value at the end", fmt::format("{}", stack_.size() + marks_.size()));
  }
  if (file_.left() > 0) {
    file_.fail("the end of the file behind the pickle's end",
               fmt::format("{} bytes more", file_.left()));
  }
  return stack_.front();
}

bool PickleMachine::constant(std::uint8_t opcode) {
  const auto number = [&](std::size_t bytes) {
    push(static_cast<std::int64_t>(file_.number(bytes)));
  };
  switch (opcode) {
    case op::frame:
      file_.require(file_.number(8));
      return true;
    case op::none:
      push(PickleNone{});
      return true;
    case op::new_true:
      push(std::int64_t{1});
      return true;
    case op::new_false:
      push(std::int64_t{0});
      return true;
    case op::bin_int:
      push(file_.signed_number(4));
      return true;
    case op::bin_int1:
      number(1);
      return true;
    case op::bin_int2:
      number(2);
      return true;
    case op::long1:
      push_long();
      return true;
    default:
      return false;
  }
}

void PickleMachine::push_long() {
  const auto bytes = static_cast<std::size_t>(file_.number(1));
  if (bytes > 8) file_.fail("whole numbers of 8 bytes at most", fmt::format("one of {}", bytes));
  push(file_.signed_number(bytes));
}

bool PickleMachine::string(std::uint8_t opcode) {
  using Form = PickleString::Form;
  const auto sized = [&](Form form, std::size_t bytes_of_size) {
    push(PickleString{form, file_.take(file_.number(bytes_of_size))});
  };
  switch (opcode) {
    case op::short_bin_string:
    case op::short_bin_bytes:
      sized(Form::bytes, 1);
      return true;
    case op::bin_string:
    case op::bin_bytes:
      sized(Form::bytes, 4);
      return true;
    case op::bin_bytes8:
    case op::byte_array8:
      sized(Form::bytes, 8);
      return true;
    case op::short_bin_unicode:
      sized(Form::text, 1);
      return true;
    case op::bin_unicode:
      sized(Form::text, 4);
      return true;
    case op::bin_unicode8:
      sized(Form::text, 8);
      return true;
    case op::string:
      push_quoted();
      return true;
    default:
      return false;
  }
}

void PickleMachine::push_quoted() {
  const auto text = file_.line();
  const bool good = text.size() >= 2 && (text.front() == '\'' || text.front() == '"') &&
                    text.back() == text.front();
  if (!good) file_.fail("a string in quotes", quotable(text));
  push(PickleString{PickleString::Form::quoted, text.subspan(1, text.size() - 2)});
}

bool PickleMachine::memo(std::uint8_t opcode) {
  const auto get = [&](std::uint64_t index) {
    const auto found = memo_.find(index);
    if (found == memo_.end()) {
      file_.fail("a value put into the memo before", fmt::format("none for {}", index));
    }
    push(found->second);
  };
  switch (opcode) {
    case op::bin_put:
      memo_.insert_or_assign(file_.number(1), top());
      return true;
    case op::long_bin_put:
      memo_.insert_or_assign(file_.number(4), top());
      return true;
    case op::memoize:
      memo_.insert_or_assign(memo_.size(), top());
      return true;
    case op::bin_get:
      get(file_.number(1));
      return true;
    case op::long_bin_get:
      get(file_.number(4));
      return true;
    default:
      return false;
  }
}

bool PickleMachine::tuple(std::uint8_t opcode) {
  switch (opcode) {
    case op::mark:
      marks_.push_back(stack_.size());
      return true;
    case op::empty_tuple:
      push_tuple(0);
      return true;
    case op::tuple1:
      push_tuple(1);
      return true;
    case op::tuple2:
      push_tuple(2);
      return true;
    case op::tuple3:
      push_tuple(3);
      return true;
    case op::tuple:
      push_tuple(pop_mark());
      return true;
    default:
      return false;
  }
}

void PickleMachine::push_tuple(std::size_t size) {
  PickleTuple made;
  made.items.resize(size);
  while (size > 0) made.items[--size] = pop();
  push(heap_.add(std::move(made)));
}

bool PickleMachine::dictionary(std::uint8_t opcode) {
  switch (opcode) {
    case op::empty_dict:
      push(heap_.add(PickleDictionary{}));
      return true;
    case op::set_item:
      set_items(2);
      return true;
    case op::set_items:
      set_items(pop_mark());
      return true;
    default:
      return false;
  }
}

void PickleMachine::set_items(std::size_t size) {
  std::vector<std::pair<std::string, PickleValue>> items(size / 2);
  if (size % 2 != 0) file_.fail("a value for each key", "a key without one");
  for (std::size_t i = items.size(); i > 0; --i) {
    items[i - 1].second = pop();
    const PickleString key = pop_string();
    items[i - 1].first.assign(key.raw.begin(), key.raw.end());
  }
  auto* const dictionary = heap_.find<PickleDictionary>(top());
  if (dictionary == nullptr) file_.fail("a dictionary to put values into", "another value");
  for (auto& item : items) dictionary->items.push_back(std::move(item));
}

bool PickleMachine::object(std::uint8_t opcode) {
  switch (opcode) {
    case op::global: {
      const auto module = file_.line();
      push(find_global(file_, module, file_.line()));
      return true;
    }
    case op::stack_global: {
      const PickleString name = pop_string(), module = pop_string();
      push(find_global(file_, module.raw, name.raw));
      return true;
    }
    case op::reduce: {
      const PickleValue arguments = pop(), function = pop();
      push(call(file_, heap_, function, arguments));
      return true;
    }
    case op::build: {
      const PickleValue state = pop();
      build(file_, heap_, top(), state);
      return true;
    }
    default:
      return false;
  }
}

void PickleMachine::refuse(std::uint8_t opcode) const {
  const std::string_view name = refused_opcode(opcode);
  file_.fail("a dictionary of numpy arrays and no more",
             name.empty() ? fmt::format("the unknown opcode {:#04x}", opcode)
                          : fmt::format("opcode {}", name));
}

PickleValue& PickleMachine::top() {
  if (stack_.empty() || (!marks_.empty() && marks_.back() == stack_.size())) {
    file_.fail("a value on the stack", "none");
  }
  return stack_.back();
}

PickleValue PickleMachine::pop() {
  const PickleValue value = top();
  stack_.pop_back();
  return value;
}

PickleString PickleMachine::pop_string() {
  const PickleValue value = pop();
  const auto* const text = std::get_if<PickleString>(&value);
  constexpr std::size_t longest = 256;
  if (text == nullptr || text->raw.size() > longest) {
    file_.fail("a name", text == nullptr ? "another value" : "a text too long for one");
  }
  return *text;
}

std::size_t PickleMachine::pop_mark() {
  if (marks_.empty()) file_.fail("a mark on the stack", "none");
  const std::size_t size = stack_.size() - marks_.back();
  marks_.pop_back();
  return size;
}

}  // namespace etch::detail
