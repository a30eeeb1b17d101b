#include "parsers/keyval/keyval.hpp"
#include "tests/fuzz/parsers_check.hpp"

namespace reprise::parsers::keyval {
namespace {

std::string escaped(std::string_view bytes, char separator) {
  std::string result;
  for (const char byte : bytes) {
    if (byte == separator || byte == '\\') result += '\\';
    result += byte;
  }
  return result;
}

std::string printed(const List& list, char separator) {
  std::string text;
  for (const Pair& pair : list) {
    text += escaped(pair.key, separator) + "=" + escaped(pair.value, separator) + separator;
  }
  return text;
}

void check_equal(const List& one, const List& other) {
  check(one.size() == other.size());
  for (std::size_t i = 0; i < one.size(); ++i) {
    check(one[i].key == other[i].key && one[i].value == other[i].value);
  }
}

// From front to back, and the value behind its '='.
void check_positions(const List& list) {
  const auto before = [](Position a, Position b) {
    return a.line < b.line || (a.line == b.line && a.column < b.column);
  };
  Position last{1, 0};
  for (const Pair& pair : list) {
    check(before(last, pair.key_at) && before(pair.key_at, pair.value_at));
    last = pair.value_at;
  }
}

}  // namespace
}  // namespace reprise::parsers::keyval

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace reprise::parsers;
  const std::string_view text = view(data, size);
  for (const char separator : {',', ';', ' '}) {
    try {
      const keyval::List list = keyval::parse(text, separator);
      keyval::check_positions(list);
      keyval::check_equal(keyval::parse(keyval::printed(list, separator), separator), list);
    } catch (const SyntaxError& error) {
      check_error(error, text);
    }
  }
  return 0;
}
