#pragma once

#include <cstdint>
#include <string>

#include "base/unique_fd.hpp"
#include "net/address.hpp"

namespace reprise::net {

// What the options say of multicast; it acts on what is sent, and `interface` also on the groups
// that are joined.
struct MulticastOptions {
  int ttl = 1;            // routers that a packet may pass, and one; 0..255
  bool loop = true;       // whether other nodes on this host get it
  std::string interface;  // a name or its IPv4 address; empty: the routing table decides
};

enum class Reach { unicast, multicast, broadcast };  // broadcast: 255.255.255.255
Reach reach_of(const Endpoint& endpoint);

// 127.0.0.0/8 or ::1. The kernel lets nothing from outside pass as such.
bool is_loopback(const Endpoint& endpoint);

// Whether a packet from there was sent by this host, or by one that pretends to be it.
bool is_of_this_host(const Endpoint& source);

// "host:port" as for resolve(), of UDP. Throws std::invalid_argument too for what is none.
Endpoint resolve_datagram(std::string_view address, Role role, Lookup lookup = ::getaddrinfo);

// A non-blocking UDP socket that receives at `endpoint`, with a buffer as large as the system
// allows. A group is joined, and shares its port with other sockets; a unicast address that is in
// use is an error. Throws std::system_error, std::invalid_argument for an interface that is none.
UniqueFd bind_datagram(const Endpoint& endpoint, const MulticastOptions& multicast);

// A non-blocking UDP socket to send from, to anywhere of its family, broadcast among it. It is
// bound to a port that the system chose. Throws like bind_datagram().
UniqueFd open_datagram_sender(int family, const MulticastOptions& multicast);

// Gives a sender that was inherited these options. Throws like bind_datagram().
void set_sender_options(int fd, const MulticastOptions& multicast);

// Datagrams that the kernel has dropped at this socket since it was made, most because nobody
// fetched them in time.
std::uint64_t dropped_datagrams(int fd);

}  // namespace reprise::net
