#include "net/datagram.hpp"

#include <arpa/inet.h>
#include <linux/sock_diag.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <system_error>

namespace reprise::net {
namespace {

// A session's datagram takes up less than a KiB of it: room for the burst of several seconds.
constexpr int receive_buffer = 8 << 20;

void check(int result, std::string_view call) {
  if (result == 0) return;
  throw std::system_error(errno, std::system_category(), std::string(call));
}

template <class Value>
void set_option(int fd, int level, int option, const Value& value, std::string_view name) {
  check(::setsockopt(fd, level, option, &value, sizeof value), name);
}

template <class Address>
Address as(const Endpoint& endpoint) {
  Address to{};
  std::memcpy(&to, endpoint.data(), sizeof to);
  return to;
}

in_addr_t ipv4(const Endpoint& endpoint) {
  return ntohl(as<sockaddr_in>(endpoint).sin_addr.s_addr);
}

UniqueFd open_socket(int family) {
  UniqueFd fd(::socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  check(fd ? 0 : -1, "socket()");
  return fd;
}

// Above the system's limit, if we may.
void ask_for_room(int fd) {
  const int size = receive_buffer;
  if (::setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size) != 0) {
    static_cast<void>(::setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size));
  }
}

unsigned interface_index(const std::string& name) {
  if (name.empty()) return 0;
  const unsigned index = ::if_nametoindex(name.c_str());
  if (index == 0) throw std::invalid_argument("there is no interface \"" + name + "\"");
  return index;
}

// The interface by name or by address, and the group where one is joined.
ip_mreqn ipv4_membership(const std::string& interface, in_addr group) {
  ip_mreqn membership{};
  membership.imr_multiaddr = group;
  if (::inet_pton(AF_INET, interface.c_str(), &membership.imr_address) != 1) {
    membership.imr_ifindex = static_cast<int>(interface_index(interface));
  }
  return membership;
}

void join(int fd, const Endpoint& group, const std::string& interface) {
  if (group.family() == AF_INET) {
    const in_addr address = as<sockaddr_in>(group).sin_addr;
    set_option(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, ipv4_membership(interface, address),
               "IP_ADD_MEMBERSHIP");
  } else {
    const ipv6_mreq membership{as<sockaddr_in6>(group).sin6_addr, interface_index(interface)};
    set_option(fd, IPPROTO_IPV6, IPV6_JOIN_GROUP, membership, "IPV6_JOIN_GROUP");
  }
}

}  // namespace

Reach reach_of(const Endpoint& endpoint) {
  if (endpoint.family() == AF_INET) {
    if (ipv4(endpoint) == INADDR_BROADCAST) return Reach::broadcast;
    return IN_MULTICAST(ipv4(endpoint)) ? Reach::multicast : Reach::unicast;
  }
  const in6_addr address = as<sockaddr_in6>(endpoint).sin6_addr;
  return IN6_IS_ADDR_MULTICAST(&address) ? Reach::multicast : Reach::unicast;
}

bool is_loopback(const Endpoint& endpoint) {
  if (endpoint.family() == AF_INET) return ipv4(endpoint) >> 24 == IN_LOOPBACKNET;
  if (endpoint.family() != AF_INET6) return false;
  const in6_addr address = as<sockaddr_in6>(endpoint).sin6_addr;
  return IN6_IS_ADDR_LOOPBACK(&address) != 0;
}

// An address is ours if a socket can be bound to it.
bool is_of_this_host(const Endpoint& source) {
  sockaddr_storage address{};
  std::memcpy(&address, source.data(), source.size());
  if (source.family() == AF_INET) {
    reinterpret_cast<sockaddr_in&>(address).sin_port = 0;
  } else if (source.family() == AF_INET6) {
    reinterpret_cast<sockaddr_in6&>(address).sin6_port = 0;
  } else {
    return false;
  }
  const UniqueFd probe(::socket(source.family(), SOCK_DGRAM | SOCK_CLOEXEC, 0));
  return probe &&
         ::bind(probe.get(), reinterpret_cast<const sockaddr*>(&address), source.size()) == 0;
}

Endpoint resolve_datagram(std::string_view address, Role role, Lookup lookup) {
  Endpoint endpoint = resolve(address, role, lookup);
  if (endpoint.family() == AF_INET || endpoint.family() == AF_INET6) return endpoint;
  throw std::invalid_argument("address \"" + std::string(address) + "\": expected host:port");
}

UniqueFd bind_datagram(const Endpoint& endpoint, const MulticastOptions& multicast) {
  UniqueFd fd = open_socket(endpoint.family());
  const Reach reach = reach_of(endpoint);
  if (reach != Reach::unicast) set_option(fd.get(), SOL_SOCKET, SO_REUSEADDR, 1, "SO_REUSEADDR");
  if (endpoint.family() == AF_INET6) {
    set_option(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, 1, "IPV6_V6ONLY");
  }
  ask_for_room(fd.get());
  check(::bind(fd.get(), endpoint.data(), endpoint.size()), "bind()");
  if (reach == Reach::multicast) join(fd.get(), endpoint, multicast.interface);
  return fd;
}

void set_sender_options(int fd, const MulticastOptions& multicast) {
  const std::string& interface = multicast.interface;
  set_option(fd, SOL_SOCKET, SO_BROADCAST, 1, "SO_BROADCAST");
  if (Endpoint::local(fd).family() == AF_INET) {
    set_option(fd, IPPROTO_IP, IP_MULTICAST_TTL, multicast.ttl, "IP_MULTICAST_TTL");
    set_option(fd, IPPROTO_IP, IP_MULTICAST_LOOP, int{multicast.loop}, "IP_MULTICAST_LOOP");
    set_option(fd, IPPROTO_IP, IP_MULTICAST_IF, ipv4_membership(interface, {}), "IP_MULTICAST_IF");
  } else {
    set_option(fd, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, multicast.ttl, "IPV6_MULTICAST_HOPS");
    set_option(fd, IPPROTO_IPV6, IPV6_MULTICAST_LOOP, int{multicast.loop}, "IPV6_MULTICAST_LOOP");
    set_option(fd, IPPROTO_IPV6, IPV6_MULTICAST_IF, interface_index(interface),
               "IPV6_MULTICAST_IF");
  }
}

UniqueFd open_datagram_sender(int family, const MulticastOptions& multicast) {
  UniqueFd fd = open_socket(family);
  if (family == AF_INET6) set_option(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, 1, "IPV6_V6ONLY");
  sockaddr_storage any{};  // port 0: the system chooses
  any.ss_family = static_cast<sa_family_t>(family);
  const socklen_t size = family == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6);
  check(::bind(fd.get(), reinterpret_cast<const sockaddr*>(&any), size), "bind()");
  set_sender_options(fd.get(), multicast);
  return fd;
}

std::uint64_t dropped_datagrams(int fd) {
  std::array<std::uint32_t, SK_MEMINFO_VARS> information{};
  socklen_t size = sizeof information;
  if (::getsockopt(fd, SOL_SOCKET, SO_MEMINFO, information.data(), &size) != 0) return 0;
  return information[SK_MEMINFO_DROPS];
}

}  // namespace reprise::net
