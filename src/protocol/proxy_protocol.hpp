#pragma once

#include <sys/socket.h>

#include <string>

namespace reprise::protocol {

// The header of the PROXY protocol that tells a server who its client is
// (https://www.haproxy.org/download/2.6/doc/proxy-protocol.txt). The client's address and the one
// that it connected to, IPv4 or IPv6 both; of any other family: what the protocol has for an
// unknown client.
std::string proxy_header_v1(const sockaddr* source, const sockaddr* destination);
std::string proxy_header_v2(const sockaddr* source, const sockaddr* destination);

}  // namespace reprise::protocol
