#include "repeater/static_member.hpp"

#include <stdexcept>

#include "net/datagram.hpp"

namespace reprise::repeater {

Address static_member(const std::string& text, const net::Endpoint& gateway, net::Lookup lookup) {
  const net::Endpoint endpoint = net::resolve_datagram(text, net::Role::connect, lookup);
  const auto address = Address::of(endpoint);
  if (!address) throw std::runtime_error("no port in \"" + text + "\"");
  if (endpoint.family() != gateway.family()) {
    throw std::runtime_error("\"" + text + "\" can not be reached from " + gateway.text() +
                             ": an address of the same kind expected");
  }
  if (endpoint == gateway) throw std::runtime_error("\"" + text + "\" is this repeater itself");
  return *address;
}

}  // namespace reprise::repeater
