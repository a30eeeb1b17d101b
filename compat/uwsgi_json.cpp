#include "compat/uwsgi_json.hpp"

#include <fmt/format.h>

namespace reprise::compat {
namespace {

constexpr std::string_view replacement = "\xef\xbf\xbd";  // U+FFFD

// How many bytes the UTF-8 sequence at the front has; 0 if it is none (RFC 3629 4).
std::size_t sequence_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned first = byte(0);
  const std::size_t length = first < 0x80                    ? 1
                             : first >= 0xc2 && first < 0xe0 ? 2
                             : first >= 0xe0 && first < 0xf0 ? 3
                             : first >= 0xf0 && first < 0xf5 ? 4
                                                             : 0;
  if (length == 0 || length > text.size()) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
  }
  if (first == 0xe0 && byte(1) < 0xa0) return 0;
  if (first == 0xed && byte(1) > 0x9f) return 0;
  if (first == 0xf0 && byte(1) < 0x90) return 0;
  if (first == 0xf4 && byte(1) > 0x8f) return 0;
  return length;
}

}  // namespace

void JsonPrinter::indent() {
  if (!minified_) text_.append(has_members_.size(), '\t');
}

void JsonPrinter::separate() {
  if (has_members_.empty()) return;
  if (has_members_.back()) text_ += minified_ ? "," : ",\n";
  has_members_.back() = true;
}

void JsonPrinter::open(char bracket) {
  text_ += bracket;
  if (!minified_) text_ += '\n';
  has_members_.push_back(false);
}

void JsonPrinter::close(char bracket) {
  has_members_.pop_back();
  if (!minified_) text_ += '\n';
  indent();
  text_ += bracket;
}

void JsonPrinter::quote(std::string_view text) {
  text_ += '"';
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t length = sequence_length(text.substr(i));
    const char c = text[i];
    if (length == 0)
      text_ += replacement;
    else if (c == '"' || c == '\\')
      (text_ += '\\') += c;
    else if (c == '\t')
      text_ += "\\t";
    else if (c == '\n')
      text_ += "\\n";
    else if (c == '\r')
      text_ += "\\r";
    else if (length == 1 && (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)) {
      text_ += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    } else {
      text_ += text.substr(i, length);
    }
    i += length == 0 ? 1 : length;
  }
  text_ += '"';
}

void JsonPrinter::begin_object(std::string_view key) {
  separate();
  indent();
  if (!key.empty()) {
    quote(key);
    text_ += ':';
    indent();
  }
  open('{');
}

void JsonPrinter::end_object() {
  close('}');
}

void JsonPrinter::begin_list(std::string_view key) {
  separate();
  indent();
  quote(key);
  text_ += ':';
  open('[');
}

void JsonPrinter::end_list() {
  close(']');
}

void JsonPrinter::member(std::string_view key, std::string_view text) {
  separate();
  indent();
  quote(key);
  text_ += ':';
  quote(text);
}

void JsonPrinter::member(std::string_view key, std::uint64_t number) {
  separate();
  indent();
  quote(key);
  text_ += ':';
  text_ += std::to_string(number);
}

void JsonPrinter::signed_member(std::string_view key, std::int64_t number) {
  separate();
  indent();
  quote(key);
  text_ += ':';
  text_ += std::to_string(number);
}

void JsonPrinter::item(std::string_view text) {
  separate();
  quote(text);
}

}  // namespace reprise::compat
