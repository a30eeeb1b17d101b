#include "repeater/address.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstring>
#include <functional>
#include <string_view>

namespace reprise::repeater {
namespace {

constexpr std::array<unsigned char, 12> mapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

}  // namespace

std::optional<Address> Address::of(const net::Endpoint& endpoint) {
  const net::Endpoint plain = endpoint.unmapped();
  Address address;
  address.port = plain.port();
  if (address.port == 0) return std::nullopt;
  if (plain.family() == AF_INET) {
    sockaddr_in known{};
    std::memcpy(&known, plain.data(), sizeof known);
    std::copy(mapped.begin(), mapped.end(), address.ip.begin());
    std::memcpy(&address.ip[mapped.size()], &known.sin_addr, sizeof known.sin_addr);
  } else {
    sockaddr_in6 known{};
    std::memcpy(&known, plain.data(), sizeof known);
    std::memcpy(address.ip.data(), &known.sin6_addr, address.ip.size());
    address.scope = known.sin6_scope_id;
  }
  return address;
}

net::Endpoint Address::endpoint() const {
  if (std::equal(mapped.begin(), mapped.end(), ip.begin())) {
    sockaddr_in known{};
    known.sin_family = AF_INET;
    known.sin_port = htons(static_cast<std::uint16_t>(port));
    std::memcpy(&known.sin_addr, &ip[mapped.size()], sizeof known.sin_addr);
    return {reinterpret_cast<const sockaddr*>(&known), sizeof known};
  }
  sockaddr_in6 known{};
  known.sin6_family = AF_INET6;
  known.sin6_port = htons(static_cast<std::uint16_t>(port));
  known.sin6_scope_id = scope;
  std::memcpy(&known.sin6_addr, ip.data(), ip.size());
  return {reinterpret_cast<const sockaddr*>(&known), sizeof known};
}

std::size_t AddressHash::operator()(const Address& address) const {
  return std::hash<std::string_view>()(address.bytes());
}

}  // namespace reprise::repeater
