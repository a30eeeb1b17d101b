#include "parsers/placeholder/placeholder.hpp"

#include "parsers/placeholder/grammar.hpp"
#include "parsers/positions.hpp"

namespace reprise::parsers::placeholder {

char marker_of(Kind kind) {
  switch (kind) {
    case Kind::environment:
      return '$';
    case Kind::file:
      return '@';
    case Kind::placeholder:
      break;
  }
  return '%';
}

Template parse(std::string_view text, Kind kind) {
  const auto piece = grammar::piece(marker_of(kind));
  Template result;
  Positions positions(text);
  const char* first = text.data();
  const char* const last = first + text.size();
  while (first != last) {
    grammar::Piece found;
    x3::parse(first, last, piece, found);
    if (!found.literal.empty()) result.push_back(Literal{std::string(view(found.literal))});
    if (found.reference.empty()) continue;
    const std::string written(view(found.reference));
    constexpr std::size_t around = 3;  // the marker and the parentheses
    const std::string name = written.substr(2, written.size() - around);
    result.push_back(Reference{kind, name, written, positions.at(found.reference.begin())});
  }
  return result;
}

}  // namespace reprise::parsers::placeholder
