#include <vector>

#include "parsers/ini/ini.hpp"
#include "tests/fuzz/parsers_check.hpp"

namespace reprise::parsers::ini {
namespace {

// What stands at a place that a parser gave.
class Places {
public:
  explicit Places(std::string_view text) : text_(text), line_begins_{0} {
    for (std::size_t at = 0; at < text.size(); ++at) {
      if (text[at] == '\n') line_begins_.push_back(at + 1);
    }
  }

  std::string_view from(Position at) const {
    check(at.line >= 1 && at.line <= line_begins_.size() && at.column >= 1);
    const std::size_t offset = line_begins_[at.line - 1] + at.column - 1;
    check(offset <= text_.size());
    const std::string_view rest = text_.substr(offset);
    check(position_of(text_, offset) == at);
    return rest.substr(0, rest.find('\n'));
  }

private:
  std::string_view text_;
  std::vector<std::size_t> line_begins_;
};

void check_stripped(std::string_view bytes) {
  constexpr std::string_view blanks = " \t\r";
  check(bytes.find_first_of(std::string_view("\n\0", 2)) == std::string_view::npos);
  if (bytes.empty()) return;
  check(blanks.find(bytes.front()) == std::string_view::npos);
  check(blanks.find(bytes.back()) == std::string_view::npos);
}

// What stands before the first header, if anything does. (A header without a name at the text's
// begin looks the same and means the same, unless it stands alone.)
bool without_header(const Section& section) {
  return section.name.empty() && section.at == Position{1, 1} && !section.assignments.empty();
}

void check_section(const Section& section, const Places& places) {
  if (!without_header(section)) check(places.from(section.at).starts_with("[" + section.name));
  for (const Assignment& each : section.assignments) {
    check_stripped(each.key);
    check_stripped(each.value);
    check(each.key.find('=') == std::string::npos);
    check(places.from(each.key_at).starts_with(each.key));
    check(places.from(each.value_at).starts_with(each.value));
  }
}

// The document as a text that has to mean the same.
std::string printed(const Document& document) {
  std::string text;
  for (const Section& section : document.sections) {
    if (!without_header(section)) text += "[" + section.name + "]\n";
    for (const Assignment& each : section.assignments)
      text += each.key + "=" + each.value + "\n";
  }
  return text;
}

void check_equal(const Document& one, const Document& other) {
  check(one.sections.size() == other.sections.size());
  for (std::size_t i = 0; i < one.sections.size(); ++i) {
    const Section& a = one.sections[i];
    const Section& b = other.sections[i];
    check(a.name == b.name && a.assignments.size() == b.assignments.size());
    for (std::size_t k = 0; k < a.assignments.size(); ++k) {
      check(a.assignments[k].key == b.assignments[k].key);
      check(a.assignments[k].value == b.assignments[k].value);
    }
  }
}

}  // namespace
}  // namespace reprise::parsers::ini

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace reprise::parsers;
  const std::string_view text = view(data, size);
  try {
    const ini::Document document = ini::parse(text);
    const ini::Places places(text);
    for (const ini::Section& section : document.sections)
      ini::check_section(section, places);
    ini::check_equal(ini::parse(ini::printed(document)), document);
  } catch (const SyntaxError& error) {
    check_error(error, text);
  }
  return 0;
}
