#include <netinet/in.h>

#include <cstring>
#include <stdexcept>

#include "subscription/intake.hpp"

namespace reprise::subscription {
namespace {

// "", "*", "0.0.0.0" and "[::]" in front of ":port": wherever the node is.
bool is_any_host(std::string_view host) {
  return host.empty() || host == "*" || host == "0.0.0.0" || host == "[::]";
}

std::string host_of(const net::Endpoint& source) {
  if (source.family() == AF_UNIX || source.family() == AF_UNSPEC) return "127.0.0.1";
  const net::Endpoint plain = source.unmapped();
  return plain.family() == AF_INET6 ? "[" + plain.host() + "]" : plain.host();
}

}  // namespace

std::optional<net::Endpoint> place_of(std::string& address, const net::Endpoint& source) {
  const std::size_t colon = address.rfind(':');
  const bool tcp =
      !address.starts_with('/') && !address.starts_with('@') && colon != std::string::npos;
  if (tcp && is_any_host(std::string_view(address).substr(0, colon))) {
    address = host_of(source) + address.substr(colon);
  }
  try {
    if (net::has_host_name(address)) return std::nullopt;
    const net::Endpoint endpoint = net::resolve(address, net::Role::connect);
    const bool no_port = endpoint.family() != AF_UNIX && endpoint.port() == 0;
    return no_port ? std::nullopt : std::optional(endpoint);
  } catch (const std::exception&) {
    return std::nullopt;
  }
}

std::uint64_t source_id(const net::Endpoint& source) {
  const net::Endpoint plain = source.unmapped();
  std::uint64_t id = 0;
  if (plain.family() == AF_INET) {
    sockaddr_in address{};
    std::memcpy(&address, plain.data(), sizeof address);
    return std::uint64_t{1} << 32 | address.sin_addr.s_addr;
  }
  if (plain.family() == AF_INET6) {
    sockaddr_in6 address{};
    std::memcpy(&address, plain.data(), sizeof address);
    std::memcpy(&id, &address.sin6_addr, sizeof id);
  }
  return id == 0 ? 1 : id;
}

}  // namespace reprise::subscription
