#include "router/forwarding.hpp"

#include <fmt/format.h>

#include "protocol/text.hpp"

namespace reprise::router {
namespace {

constexpr std::string_view x_forwarded_for = "X-Forwarded-For";
constexpr std::string_view x_forwarded_proto = "X-Forwarded-Proto";
constexpr std::string_view x_forwarded_ssl = "X-Forwarded-Ssl";  // uWSGI goes by it too
constexpr std::string_view forwarded = "Forwarded";

// `ours` alone, or behind what the client sent.
void add_list(protocol::PacketWriter& writer, const protocol::RequestHead& head,
              std::string_view name, std::string_view ours, Forwarding how) {
  if (how == Forwarding::off) return;
  writer.begin_header(name);
  for (const protocol::Field& field : head.fields) {
    if (how != Forwarding::add || !protocol::equal_ignoring_case(field.name, name)) continue;
    if (field.value.empty()) continue;
    writer.append(field.value);
    writer.append(", ");
  }
  writer.append(ours);
  writer.end_value();
}

// RFC 7239 6: an IPv6 address is quoted and bracketed, a unix client unknown.
std::string node_of(const ConnectionFacts& connection) {
  const std::string& address = connection.remote_address;
  if (address == "0.0.0.0") return "unknown";
  if (address.find(':') == std::string::npos) return address;
  return fmt::format("\"[{}]\"", address);
}

std::string_view scheme_of(const ConnectionFacts& connection) {
  return connection.https ? "https" : "http";
}

std::string forwarded_element(const protocol::RequestHead& head,
                              const ConnectionFacts& connection) {
  std::string element = fmt::format("for={};proto={}", node_of(connection), scheme_of(connection));
  if (!head.host.empty()) element += fmt::format(";host=\"{}\"", head.host);
  return element;
}

}  // namespace

bool is_told_by_us(std::string_view name, const Settings& settings) {
  const auto is = [name](std::string_view other, Forwarding how) {
    return how != Forwarding::off && protocol::equal_ignoring_case(name, other);
  };
  return is(x_forwarded_for, settings.x_forwarded_for) ||
         is(x_forwarded_proto, settings.x_forwarded_proto) ||
         is(x_forwarded_ssl, settings.x_forwarded_proto) || is(forwarded, settings.forwarded);
}

void add_forwarding(protocol::PacketWriter& writer, const protocol::RequestHead& head,
                    const ConnectionFacts& connection, const Settings& settings) {
  add_list(writer, head, x_forwarded_for, connection.remote_address, settings.x_forwarded_for);
  // What a proxy in front said last is the client's; a list of schemes is understood by nobody.
  bool told = false;
  if (settings.x_forwarded_proto == Forwarding::add) {
    for (const protocol::Field& field : head.fields) {
      if (told || !protocol::equal_ignoring_case(field.name, x_forwarded_proto)) continue;
      told = protocol::equal_ignoring_case(field.value, "http") ||
             protocol::equal_ignoring_case(field.value, "https");
      if (told) writer.add("HTTP_X_FORWARDED_PROTO", field.value);
    }
  }
  if (settings.x_forwarded_proto != Forwarding::off && !told) {
    writer.add("HTTP_X_FORWARDED_PROTO", scheme_of(connection));
  }
  if (settings.forwarded == Forwarding::off) return;
  add_list(writer, head, forwarded, forwarded_element(head, connection), settings.forwarded);
}

}  // namespace reprise::router
