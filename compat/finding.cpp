#include "compat/finding.hpp"

#include "parsers/syntax_error.hpp"

namespace reprise::compat {

std::string_view name_of(Severity severity) {
  switch (severity) {
    case Severity::note:
      return "note";
    case Severity::warning:
      return "warning";
    case Severity::error:
      break;
  }
  return "error";
}

std::string_view name_of(Code code) {
  switch (code) {
    case Code::reading:
      return "reading";
    case Code::value:
      return "value";
    case Code::refused:
      return "refused";
    case Code::no_effect:
      return "no-effect";
    case Code::needless:
      return "needless";
    case Code::unknown:
      return "unknown";
    case Code::order:
      return "order";
    case Code::whole:
      return "whole";
    case Code::file:
      return "file";
    case Code::store:
      return "store";
    case Code::certificate:
      return "certificate";
    case Code::expiry:
      return "expiry";
    case Code::address:
      return "address";
    case Code::name:
      return "name";
    case Code::account:
      return "account";
    case Code::peers:
      return "peers";
    case Code::ssl_option:
      return "ssl-option";
    case Code::unchecked:
      return "unchecked";
    case Code::differs:
      return "differs";
    case Code::stock:
      break;
  }
  return "stock";
}

Finding finding_at(std::string_view origin, Severity severity, Code code, std::string_view message,
                   std::string_view fix) {
  Finding finding{severity, code, std::string(message), std::string(fix), "", 0, 0, ""};
  const auto place = parsers::read_described(origin);
  if (!place) return finding;
  finding.file = place->file;
  finding.line = place->where.line;
  finding.column = place->where.column;
  finding.excerpt = place->excerpt;
  return finding;
}

Finding finding_at(const OptionUse& use, Severity severity, Code code, std::string_view message,
                   std::string_view fix) {
  return finding_at(use.place.describe_key(""), severity, code, message, fix);
}

Finding finding_of(Severity severity, Code code, std::string_view text) {
  const auto place = parsers::read_described(text);
  if (!place) return finding_at(std::string_view(), severity, code, text);
  // "for this listener" only says what the place is.
  const bool says_what_to_do = !place->message.starts_with("for this ");
  if (place->before.empty()) return finding_at(text, severity, code, place->message);
  return finding_at(text, severity, code, place->before, says_what_to_do ? place->message : "");
}

}  // namespace reprise::compat
