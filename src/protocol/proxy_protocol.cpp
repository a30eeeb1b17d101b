#include "protocol/proxy_protocol.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <cstring>
#include <string_view>

#include <fmt/format.h>

namespace reprise::protocol {
namespace {

using std::literals::operator""sv;

constexpr std::string_view signature = "\r\n\r\n\0\r\nQUIT\n"sv;  // of version 2
constexpr char version_2_proxy = 0x21;
constexpr char unspecified = 0x00;
constexpr char tcp_over_ipv4 = 0x11;
constexpr char tcp_over_ipv6 = 0x21;

// Host and port of one end, in network order.
struct End {
  std::string host;
  std::string port;

  std::string host_text(int family) const {
    char text[INET6_ADDRSTRLEN] = "";
    inet_ntop(family, host.data(), text, sizeof text);
    return text;
  }
  unsigned port_number() const {
    return static_cast<unsigned char>(port[0]) * 256u + static_cast<unsigned char>(port[1]);
  }
};

template <class Number>
std::string bytes_of(const Number& number) {
  return {reinterpret_cast<const char*>(&number), sizeof number};
}

End end_of(const sockaddr* address) {
  if (address->sa_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, address, sizeof v4);
    return {bytes_of(v4.sin_addr), bytes_of(v4.sin_port)};
  }
  sockaddr_in6 v6{};
  std::memcpy(&v6, address, sizeof v6);
  return {bytes_of(v6.sin6_addr), bytes_of(v6.sin6_port)};
}

bool can_be_said(const sockaddr* source, const sockaddr* destination) {
  const int family = source->sa_family;
  return (family == AF_INET || family == AF_INET6) && destination->sa_family == family;
}

}  // namespace

std::string proxy_header_v1(const sockaddr* source, const sockaddr* destination) {
  if (!can_be_said(source, destination)) return "PROXY UNKNOWN\r\n";
  const int family = source->sa_family;
  const End from = end_of(source);
  const End to = end_of(destination);
  return fmt::format("PROXY {} {} {} {} {}\r\n", family == AF_INET ? "TCP4" : "TCP6",
                     from.host_text(family), to.host_text(family), from.port_number(),
                     to.port_number());
}

std::string proxy_header_v2(const sockaddr* source, const sockaddr* destination) {
  std::string header(signature);
  header += version_2_proxy;
  if (!can_be_said(source, destination)) return header + unspecified + std::string(2, '\0');
  const End from = end_of(source);
  const End to = end_of(destination);
  const std::string addresses = from.host + to.host + from.port + to.port;
  header += source->sa_family == AF_INET ? tcp_over_ipv4 : tcp_over_ipv6;
  header += '\0';  // the length's upper byte
  header += static_cast<char>(addresses.size());
  return header + addresses;
}

}  // namespace reprise::protocol
