#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace reprise::overview {

enum class Colour { none, bold, yellow, red };

// A text of a table, in a colour that stands for how urgent it is.
struct Cell {
  std::string text;
  Colour colour = Colour::none;
};

// Rows of texts under headings, in columns as wide as their widest text. Whatever the texts are:
// only printable ASCII comes out, and no more than 64 characters of each.
class Grid {
public:
  explicit Grid(std::vector<std::string> headings);

  // As many cells as there are headings.
  void add(std::vector<Cell> cells);

  std::string text(bool coloured) const;

private:
  std::vector<std::vector<Cell>> rows_;
};

// A text as it may stand on a terminal: bytes that are not printable ASCII as `\x1b`; cut at
// `longest`.
std::string harmless(std::string_view text, std::size_t longest = 64);

// In its colour, if there are colours. `text` is harmless already.
std::string painted(std::string_view text, Colour colour, bool coloured);

}  // namespace reprise::overview
