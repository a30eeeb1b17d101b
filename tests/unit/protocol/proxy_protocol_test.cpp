#include "protocol/proxy_protocol.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <gtest/gtest.h>

namespace reprise::protocol {
namespace {

using std::literals::operator""s;

struct Address {
  sockaddr_storage storage{};
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

Address v4(const char* host, std::uint16_t port) {
  Address made;
  auto* address = reinterpret_cast<sockaddr_in*>(&made.storage);
  address->sin_family = AF_INET;
  address->sin_port = htons(port);
  inet_pton(AF_INET, host, &address->sin_addr);
  return made;
}

Address v6(const char* host, std::uint16_t port) {
  Address made;
  auto* address = reinterpret_cast<sockaddr_in6*>(&made.storage);
  address->sin6_family = AF_INET6;
  address->sin6_port = htons(port);
  inet_pton(AF_INET6, host, &address->sin6_addr);
  return made;
}

Address unix_socket() {
  Address made;
  made.storage.ss_family = AF_UNIX;
  return made;
}

TEST(ProxyProtocolTest, Version1OfIpv4) {
  EXPECT_EQ(proxy_header_v1(v4("192.0.2.1", 40001).get(), v4("198.51.100.2", 443).get()),
            "PROXY TCP4 192.0.2.1 198.51.100.2 40001 443\r\n");
}

TEST(ProxyProtocolTest, Version1OfIpv6) {
  EXPECT_EQ(proxy_header_v1(v6("2001:db8::1", 65535).get(), v6("::1", 1).get()),
            "PROXY TCP6 2001:db8::1 ::1 65535 1\r\n");
}

TEST(ProxyProtocolTest, Version1OfOthers) {
  EXPECT_EQ(proxy_header_v1(unix_socket().get(), unix_socket().get()), "PROXY UNKNOWN\r\n");
  EXPECT_EQ(proxy_header_v1(v4("192.0.2.1", 1).get(), v6("::1", 1).get()), "PROXY UNKNOWN\r\n");
}

TEST(ProxyProtocolTest, Version2OfIpv4) {
  EXPECT_EQ(proxy_header_v2(v4("192.0.2.1", 40001).get(), v4("198.51.100.2", 443).get()),
            "\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c"s
            "\xc0\x00\x02\x01\xc6\x33\x64\x02\x9c\x41\x01\xbb"s);
}

TEST(ProxyProtocolTest, Version2OfIpv6) {
  EXPECT_EQ(proxy_header_v2(v6("2001:db8::1", 258).get(), v6("::1", 772).get()),
            "\r\n\r\n\0\r\nQUIT\n\x21\x21\0\x24"s
            "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01"s
            "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\x01\x02\x03\x04"s);
}

TEST(ProxyProtocolTest, Version2OfOthers) {
  EXPECT_EQ(proxy_header_v2(unix_socket().get(), unix_socket().get()),
            "\r\n\r\n\0\r\nQUIT\n\x21\0\0\0"s);
}

}  // namespace
}  // namespace reprise::protocol
