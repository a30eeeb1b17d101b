#pragma once

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "parsers/syntax_error.hpp"

namespace reprise::parsers {

inline void check(bool holds) {
  if (!holds) std::abort();
}

inline std::string_view view(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

// The error is at a place of the text, says something, and can be shown: three lines without
// control characters, the caret not behind the line's end.
inline void check_error(const SyntaxError& error, std::string_view text) {
  const std::string_view expected = error.what();
  check(!expected.empty() && expected.find("boost") == std::string_view::npos);
  bool found = false;
  for (std::size_t offset = 0; offset <= text.size() && !found; ++offset) {
    found = position_of(text, offset) == error.where;
  }
  check(found);
  const std::string shown = describe("f", text, error.where, expected);
  const std::size_t line = shown.find('\n') + 1;
  const std::size_t caret = shown.find('\n', line) + 1;
  for (const char byte : std::string_view(shown).substr(line, caret - 1 - line)) {
    check(static_cast<unsigned char>(byte) >= 0x20 && byte != 0x7F);
  }
  check(shown.find_first_not_of(' ', caret) == shown.size() - 1 && shown.back() == '^');
  check(shown.size() - caret <= caret - line);
}

}  // namespace reprise::parsers
