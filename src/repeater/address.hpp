#pragma once

#include <algorithm>
#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/bytes.hpp"
#include "net/address.hpp"

namespace reprise::repeater {

// Where a datagram comes from or goes to, in a form that stands in shared memory.
struct Address {
  std::array<unsigned char, 16> ip{};  // IPv4 as ::ffff:a.b.c.d
  std::uint32_t scope = 0;             // the interface of a link-local address
  std::uint32_t port = 0;

  // Nothing for what is not UDP, or has no port.
  static std::optional<Address> of(const net::Endpoint& endpoint);
  net::Endpoint endpoint() const;

  // Its bytes, without padding.
  Bytes bytes() const { return {reinterpret_cast<const char*>(this), sizeof *this}; }

  // The same on port 0: stands for all of one host.
  Address host() const {
    Address host = *this;
    host.port = 0;
    return host;
  }

  // What one party may have at will: an IPv4 address, the /64 of an IPv6 one.
  Address network() const {
    Address network = host();
    const bool is_ipv4 = ip[10] == 0xff && ip[11] == 0xff;
    if (!is_ipv4) std::fill(network.ip.begin() + 8, network.ip.end(), 0);
    return network;
  }

  bool operator==(const Address&) const = default;
};
static_assert(sizeof(Address) == 24 && std::has_unique_object_representations_v<Address>);

struct AddressHash {
  std::size_t operator()(const Address& address) const;
};

}  // namespace reprise::repeater
