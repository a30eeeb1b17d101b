#pragma once

#include <array>
#include <optional>
#include <string_view>

#include "net/address.hpp"

namespace reprise::router {

// Addresses that have their first bits in common: "10.0.0.0/8", "2001:db8::/32", "192.0.2.1"; or
// "unix", all unix sockets.
class AddressRange {
public:
  // Nothing if it is none of these, or has bits set behind its prefix.
  static std::optional<AddressRange> parse(std::string_view text);

  // IPv4 clients of an IPv6 listener count as IPv4.
  bool contains(const net::Endpoint& address) const;

private:
  void unmap();

  int family_ = AF_UNSPEC;
  unsigned bits_ = 0;
  std::array<unsigned char, 16> first_{};
};

}  // namespace reprise::router
