#pragma once

#include <cstddef>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace reprise::parsers {

// A place in a text. Both count from 1; columns count bytes.
struct Position {
  std::size_t line = 1;
  std::size_t column = 1;

  bool operator==(const Position&) const = default;
};

// The place of a byte offset in a text; past its end counts as the end.
Position position_of(std::string_view text, std::size_t offset);

// Text that is not of the grammar. `what()` says what was expected there, for a user.
class SyntaxError : public std::runtime_error {
public:
  SyntaxError(Position at, const std::string& expected) : std::runtime_error(expected), where(at) {}

  Position where;
};

// `FILE:LINE:COLUMN: MESSAGE`, the line (cut around the column if it is long, a tab as one blank
// and other control characters as '?'), and a caret below the column: three lines, no newline after
// the last. `text` is the whole text that the position is in.
std::string describe(std::string_view file, std::string_view text, Position where,
                     std::string_view message);
// The same for somebody who has the line at hand.
std::string describe_line(std::string_view file, std::string_view line, Position where,
                          std::string_view message);

// A place as describe() wrote it.
struct Described {
  std::string file;
  Position where;
  std::string message;
  std::string excerpt;  // the line and the caret below it
  std::string before;   // what the text has above it, without the last newline
};

// The place that a text for users ends with, `WORDS` and then what describe() gave. Nothing if it
// has none.
std::optional<Described> read_described(std::string_view text);

}  // namespace reprise::parsers
