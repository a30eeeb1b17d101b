#include "compat/formats/format.hpp"

#include <algorithm>
#include <iterator>

namespace reprise::compat {
namespace {

struct Ending {
  std::string_view text;
  Format format;
};
constexpr Ending endings[] = {{".ini", Format::ini},   {".xml", Format::xml},
                              {".yaml", Format::yaml}, {".yml", Format::yaml},
                              {".json", Format::json}, {".js", Format::json}};

}  // namespace

std::optional<Format> format_of(std::string_view file) {
  const auto* found = std::find_if(std::begin(endings), std::end(endings),
                                   [&](const Ending& each) { return file.ends_with(each.text); });
  if (found == std::end(endings)) return std::nullopt;
  return found->format;
}

std::string_view name_of(Format format) {
  switch (format) {
    case Format::yaml:
      return "YAML";
    case Format::json:
      return "JSON";
    case Format::xml:
      return "XML";
    case Format::ini:
      break;
  }
  return "INI";
}

Pairs read_pairs(Format format, const std::string& text, const std::string& section,
                 const std::string& file) {
  switch (format) {
    case Format::yaml:
      return read_yaml(text, section);
    case Format::json:
      return read_json(text, section);
    case Format::xml:
      return read_xml(text, section, file);
    case Format::ini:
      break;
  }
  return {};
}

}  // namespace reprise::compat
