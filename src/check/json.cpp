#include "check/json.hpp"

#include <boost/json.hpp>

#include "compat/load.hpp"

namespace reprise::check {
namespace {

namespace json = boost::json;

constexpr int form = 1;

// Bytes of a UTF-8 character that begins there; 0 if none does.
std::size_t character_at(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return 1;
  const std::size_t size = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || size > text.size()) return 0;
  for (std::size_t i = 1; i < size; ++i)
    if ((byte(i) & 0xC0) != 0x80) return 0;
  const bool overlong = (first == 0xE0 && byte(1) < 0xA0) || (first == 0xF0 && byte(1) < 0x90);
  const bool none = (first == 0xED && byte(1) > 0x9F) || (first == 0xF4 && byte(1) > 0x8F);
  return overlong || none ? 0 : size;
}

// Files may have any bytes, and JSON must not.
json::string text_of(std::string_view bytes) {
  json::string out;
  while (!bytes.empty()) {
    const std::size_t size = character_at(bytes);
    out.append(size == 0 ? std::string_view("\xEF\xBF\xBD") : bytes.substr(0, size));
    bytes.remove_prefix(size == 0 ? 1 : size);
  }
  return out;
}

json::value text_or_null(std::string_view text) {
  return text.empty() ? json::value(nullptr) : json::value(text_of(text));
}

json::value number_or_null(std::size_t number) {
  return number == 0 ? json::value(nullptr) : json::value(number);
}

json::object object_of(const compat::Finding& finding) {
  return {{"severity", text_of(compat::name_of(finding.severity))},
          {"code", text_of(compat::name_of(finding.code))},
          {"file", text_or_null(finding.file)},
          {"line", number_or_null(finding.line)},
          {"column", number_or_null(finding.column)},
          {"message", text_of(finding.message)},
          {"fix", text_or_null(finding.fix)}};
}

json::object object_of(const PlanItem& item) {
  json::object facts;
  for (const auto& [name, value] : item.facts)
    facts[name] = text_of(value);
  return {{"topic", text_of(item.topic)}, {"subject", text_of(item.subject)}, {"facts", facts}};
}

json::object object_of(const Report& report);

template <class Items>
json::array array_of(const Items& items) {
  json::array array;
  for (const auto& item : items)
    array.push_back(object_of(item));
  return array;
}

const char* result_of(const Report& report) {
  switch (report.worst()) {
    case compat::Severity::error:
      return "fails";
    case compat::Severity::warning:
      return "warnings";
    case compat::Severity::note:
      break;
  }
  return "ok";
}

json::object object_of(const Report& report) {
  return {{"name", text_of(report.name)},
          {"result", result_of(report)},
          {"plan", array_of(report.plan)},
          {"findings", array_of(report.findings)}};
}

}  // namespace

std::string as_json(const std::vector<Report>& reports) {
  const json::object document{{"form", form},
                              {"program", compat::version},
                              {"status", exit_status(reports)},
                              {"configurations", array_of(reports)}};
  return json::serialize(document) + "\n";
}

}  // namespace reprise::check
