#include "overview/grid.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace reprise::overview {
namespace {

std::string_view code_of(Colour colour) {
  switch (colour) {
    case Colour::none:
      return "";
    case Colour::bold:
      return "\033[1m";
    case Colour::yellow:
      return "\033[33;1m";
    case Colour::red:
      return "\033[31;1m";
  }
  return "";
}

}  // namespace

std::string harmless(std::string_view text, std::size_t longest) {
  std::string out;
  for (const char c : text) {
    if (out.size() > longest) break;
    if (c >= ' ' && c <= '~') {
      out += c;
    } else {
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    }
  }
  if (out.size() > longest) out = out.substr(0, longest - 3) + "...";
  return out;
}

std::string painted(std::string_view text, Colour colour, bool coloured) {
  if (!coloured || colour == Colour::none) return std::string(text);
  return fmt::format("{}{}\033[0m", code_of(colour), text);
}

Grid::Grid(std::vector<std::string> headings) {
  std::vector<Cell>& row = rows_.emplace_back();
  for (std::string& heading : headings)
    row.push_back({std::move(heading), Colour::bold});
}

void Grid::add(std::vector<Cell> cells) {
  for (Cell& cell : cells)
    cell.text = harmless(cell.text);
  rows_.push_back(std::move(cells));
}

std::string Grid::text(bool coloured) const {
  std::vector<std::size_t> widths(rows_.front().size(), 0);
  for (const auto& row : rows_) {
    for (std::size_t i = 0; i < row.size(); ++i)
      widths[i] = std::max(widths[i], row[i].text.size());
  }
  std::string out;
  for (const auto& row : rows_) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      out += painted(row[i].text, row[i].colour, coloured);
      const bool is_last = i + 1 == row.size();
      if (!is_last) out.append(widths[i] - row[i].text.size() + 2, ' ');
    }
    out += '\n';
  }
  return out;
}

}  // namespace reprise::overview
