#pragma once

#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "parsers/syntax_error.hpp"

namespace reprise::compat {

// What a configuration can be written in.
enum class Format { ini, yaml, json, xml };

// By the end of a file's name, or nothing.
std::optional<Format> format_of(std::string_view file);
// "INI" and the like.
std::string_view name_of(Format format);

// An option of a document that is no ini.
struct Pair {
  std::string key;
  std::string value;
  parsers::Position at;
};
using Pairs = std::vector<Pair>;

// `what()` begins with uWSGI's words; `where` has line 0 if the mistake has no place.
class FormatError : public std::runtime_error {
public:
  FormatError(const std::string& words, parsers::Position at)
      : std::runtime_error(words), where(at) {}
  parsers::Position where;
};
inline constexpr parsers::Position nowhere{0, 0};

// The options of a section of a document (spec/config/config-language.md 5.4, 5.5), in their order,
// repeated ones too. `file` is for messages. Throws FormatError.
Pairs read_pairs(Format format, const std::string& text, const std::string& section,
                 const std::string& file);

// The readers behind it, one a format.
Pairs read_yaml(const std::string& text, const std::string& section);
Pairs read_json(const std::string& text, const std::string& section);
// An empty id is the first element of all.
Pairs read_xml(const std::string& text, const std::string& id, const std::string& file);

}  // namespace reprise::compat
