#include "sessions/session_der.hpp"

#include "base/der.hpp"

namespace reprise::sessions {
namespace {

constexpr unsigned time_field = der::explicit_tag | 1;
constexpr unsigned timeout_field = der::explicit_tag | 2;
constexpr unsigned peer_field = der::explicit_tag | 3;
constexpr unsigned last_field = der::explicit_tag | 30;

unsigned byte_at(Bytes bytes, std::size_t i) {
  return static_cast<unsigned char>(bytes[i]);
}

bool take(Bytes& from, unsigned tag) {
  const auto element = der::take(from);
  return element && element->tag == tag;
}

// The one integer that an explicit field holds; not negative.
std::optional<std::uint64_t> number_in(Bytes field) {
  const auto element = der::take(field);
  if (!element || element->tag != der::integer || !field.empty()) return std::nullopt;
  const Bytes digits = element->content;
  if (digits.empty() || digits.size() > 8 || byte_at(digits, 0) >= 0x80) return std::nullopt;
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < digits.size(); ++i)
    number = number << 8 | byte_at(digits, i);
  return number;
}

}  // namespace

std::optional<SessionFacts> read_session(Bytes bytes) {
  const auto whole = der::take(bytes);
  if (!whole || whole->tag != der::sequence || !bytes.empty()) return std::nullopt;
  Bytes rest = whole->content;
  // Version of the structure, version of TLS; cipher suite, id, secret.
  for (const unsigned tag :
       {der::integer, der::integer, der::octet_string, der::octet_string, der::octet_string})
    if (!take(rest, tag)) return std::nullopt;
  SessionFacts facts;
  bool has_time = false;
  bool has_timeout = false;
  for (unsigned before = der::explicit_tag; !rest.empty();) {
    const auto field = der::take(rest);
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
