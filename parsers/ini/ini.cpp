#include "parsers/ini/ini.hpp"

#include <fmt/format.h>

#include "parsers/ini/grammar.hpp"
#include "parsers/positions.hpp"

namespace reprise::parsers::ini {
namespace {

Section begin_section(std::string_view header, Position at) {
  // The name ends before the last byte of the line, whatever that byte is; of "[" nothing is left.
  const std::string_view name = header.substr(1);
  return {
      std::string(name.substr(0, name.empty() ? 0 : name.size() - 1)), at, name.ends_with(']'), {}};
}

Assignment assignment(const grammar::Option& option, Positions& positions) {
  const Position key_at = positions.at(option.key.begin());
  const Position value_at = positions.at(option.value.begin());
  if (option.value.size() > max_value) {
    throw SyntaxError(value_at, fmt::format("a value of at most {} bytes", max_value));
  }
  return {std::string(view(option.key)), std::string(view(option.value)), key_at, value_at};
}

}  // namespace

Document parse(std::string_view text) {
  if (text.size() > max_text) {
    throw SyntaxError(position_of(text, max_text),
                      fmt::format("a text of at most {} bytes", max_text));
  }
  Document document;
  std::vector<Section>& sections = document.sections;
  Positions positions(text);
  const char* first = text.data();
  const char* const last = first + text.size();
  while (first != last) {
    grammar::Line line;
    x3::parse(first, last, grammar::line, line);
    if (line.header) {
      sections.push_back(begin_section(view(*line.header), positions.at(line.header->begin())));
    } else if (line.option) {
      if (sections.empty()) sections.emplace_back();
      sections.back().assignments.push_back(assignment(*line.option, positions));
    }
  }
  return document;
}

}  // namespace reprise::parsers::ini
