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
std::string list_of(const protocol::RequestHead& head, std::string_view name, std::string_view ours,
                    Forwarding how) {
  std::string list;
  for (const protocol::Field& field : head.fields) {
    if (how != Forwarding::add || !protocol::equal_ignoring_case(field.name, name)) continue;
    if (field.value.empty()) continue;
    list.append(field.value).append(", ");
  }
  return list.append(ours);
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

// What a proxy in front said last is the client's; a list of schemes is understood by nobody.
// Empty: nothing of use.
std::string_view scheme_told(const protocol::RequestHead& head) {
  for (const protocol::Field& field : head.fields) {
    if (!protocol::equal_ignoring_case(field.name, x_forwarded_proto)) continue;
    const bool told = protocol::equal_ignoring_case(field.value, "http") ||
                      protocol::equal_ignoring_case(field.value, "https");
    if (told) return field.value;
  }
  return {};
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

std::vector<ForwardingField> forwarding_fields(const protocol::RequestHead& head,
                                               const ConnectionFacts& connection,
                                               const Settings& settings) {
  std::vector<ForwardingField> fields;
  if (settings.x_forwarded_for != Forwarding::off) {
    fields.push_back({x_forwarded_for, list_of(head, x_forwarded_for, connection.remote_address,
                                               settings.x_forwarded_for)});
  }
  if (settings.x_forwarded_proto != Forwarding::off) {
    const auto told =
        settings.x_forwarded_proto == Forwarding::add ? scheme_told(head) : std::string_view();
    fields.push_back({x_forwarded_proto, std::string(told.empty() ? scheme_of(connection) : told)});
  }
  if (settings.forwarded != Forwarding::off) {
    fields.push_back({forwarded, list_of(head, forwarded, forwarded_element(head, connection),
                                         settings.forwarded)});
  }
  return fields;
}

}  // namespace reprise::router
