#pragma once

#include <cstddef>
#include <string_view>

#include "parsers/syntax_error.hpp"

namespace reprise::parsers {

// The places of a text's bytes, asked for from front to back: all the questions together cost one
// walk over the text, which outlives this object.
class Positions {
public:
  explicit Positions(std::string_view text) : text_(text) {}

  // Not before the last answer. Past the end of the text counts as its end.
  Position at(std::size_t offset);
  // The same of a byte of the text.
  Position at(const char* byte) { return at(static_cast<std::size_t>(byte - text_.data())); }

private:
  std::string_view text_;
  std::size_t walked_ = 0;
  std::size_t line_begin_ = 0;
  std::size_t line_ = 1;
};

}  // namespace reprise::parsers
