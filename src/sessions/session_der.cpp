#include "sessions/session_der.hpp"

namespace reprise::sessions {
namespace {

constexpr unsigned integer = 0x02;
constexpr unsigned octet_string = 0x04;
constexpr unsigned sequence = 0x30;
constexpr unsigned explicit_tag = 0xa0;  // [0], constructed
constexpr unsigned time_field = explicit_tag | 1;
constexpr unsigned timeout_field = explicit_tag | 2;
constexpr unsigned peer_field = explicit_tag | 3;
constexpr unsigned last_field = explicit_tag | 30;

struct Element {
  unsigned tag = 0;
  Bytes content;
};

unsigned byte_at(Bytes bytes, std::size_t i) {
  return static_cast<unsigned char>(bytes[i]);
}

// Takes one element from the front: a tag of one byte, a length in its shortest form.
std::optional<Element> take(Bytes& from) {
  if (from.size() < 2) return std::nullopt;
  Element element{byte_at(from, 0), {}};
  std::size_t length = byte_at(from, 1);
  std::size_t header = 2;
  if (length >= 0x80) {
    const std::size_t digits = length & 0x7f;
    if (digits == 0 || digits > 3 || from.size() < 2 + digits) return std::nullopt;
    length = 0;
    for (std::size_t i = 0; i < digits; ++i)
      length = length << 8 | byte_at(from, header++);
    const bool shortest = length >= 0x80 && (length >> (8 * (digits - 1))) != 0;
    if (!shortest) return std::nullopt;
  }
  if (length > from.size() - header) return std::nullopt;
  element.content = from.substr(header, length);
  from.remove_prefix(header + length);
  return element;
}

bool take(Bytes& from, unsigned tag) {
  const auto element = take(from);
  return element && element->tag == tag;
}

// The one integer that an explicit field holds; not negative.
std::optional<std::uint64_t> number_in(Bytes field) {
  const auto element = take(field);
  if (!element || element->tag != integer || !field.empty()) return std::nullopt;
  const Bytes digits = element->content;
  if (digits.empty() || digits.size() > 8 || byte_at(digits, 0) >= 0x80) return std::nullopt;
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < digits.size(); ++i)
    number = number << 8 | byte_at(digits, i);
  return number;
}

}  // namespace

std::optional<SessionFacts> read_session(Bytes der) {
  const auto whole = take(der);
  if (!whole || whole->tag != sequence || !der.empty()) return std::nullopt;
  Bytes rest = whole->content;
  // Version of the structure, version of TLS; cipher suite, id, secret.
  for (const unsigned tag : {integer, integer, octet_string, octet_string, octet_string})
    if (!take(rest, tag)) return std::nullopt;
  SessionFacts facts;
  bool has_time = false;
  bool has_timeout = false;
  for (unsigned before = explicit_tag; !rest.empty();) {
    const auto field = take(rest);
    if (!field || field->tag < before || field->tag > last_field) return std::nullopt;
    before = field->tag + 1;
    if (field->tag == peer_field) facts.has_certificate = true;
    if (field->tag != time_field && field->tag != timeout_field) continue;
    const auto number = number_in(field->content);
    if (!number) return std::nullopt;
    (field->tag == time_field ? facts.created : facts.lifetime) = *number;
    (field->tag == time_field ? has_time : has_timeout) = true;
  }
  if (!has_time || !has_timeout) return std::nullopt;
  return facts;
}

}  // namespace reprise::sessions
