#include "tls/old_session.hpp"

#include <cstring>
#include <optional>

#include <openssl/ssl.h>

#include "base/der.hpp"

namespace reprise::tls {
namespace {

constexpr unsigned group_field = der::explicit_tag | 19;
constexpr std::size_t longest = 0xffff;  // of what is written with two digits

// Of the session's version of TLS, the second field.
bool is_old(Bytes fields) {
  const auto structure = der::take(fields);
  const auto version = der::take(fields);
  constexpr char tls_1_2[] = {TLS1_2_VERSION >> 8, TLS1_2_VERSION & 0xff};
  return structure && version && version->tag == der::integer &&
         version->content.size() == sizeof tls_1_2 &&
         version->content <= Bytes(tls_1_2, sizeof tls_1_2);
}

// Where the field begins and ends in `fields`; nothing if they have none, or are none.
struct Range {
  std::size_t begin;
  std::size_t end;
};
std::optional<Range> find(Bytes fields, unsigned tag) {
  for (Bytes rest = fields; !rest.empty();) {
    const std::size_t begin = fields.size() - rest.size();
    const auto field = der::take(rest);
    if (!field) return std::nullopt;
    if (field->tag == tag) return Range{begin, fields.size() - rest.size()};
  }
  return std::nullopt;
}

// The header of a sequence of that length; returns its own size.
std::size_t write_header(Buffer to, std::size_t length) {
  std::size_t size = 0;
  const auto put = [&](std::size_t byte) { to[size++] = static_cast<char>(byte); };
  put(der::sequence);
  if (length > 0xff) {
    put(0x82);
    put(length >> 8);
  } else if (length > 0x7f) {
    put(0x81);
  }
  put(length & 0xff);
  return size;
}

}  // namespace

std::size_t fit_openssl_1_0(Buffer buffer) {
  Bytes rest(buffer.data(), buffer.size());
  const auto whole = der::take(rest);
  if (!whole || whole->tag != der::sequence || !rest.empty()) return buffer.size();
  const Bytes fields = whole->content;
  if (fields.size() > longest || !is_old(fields)) return buffer.size();
  const auto group = find(fields, group_field);
  if (!group) return buffer.size();
  const std::size_t header = buffer.size() - fields.size();
  const std::size_t length = fields.size() - (group->end - group->begin);
  char* const content = buffer.data() + header;
  std::memmove(content + group->begin, content + group->end, fields.size() - group->end);
  // A shorter length may take fewer bytes; never more.
  const std::size_t new_header = write_header(buffer, length);
  std::memmove(buffer.data() + new_header, content, length);
  return new_header + length;
}

}  // namespace reprise::tls
