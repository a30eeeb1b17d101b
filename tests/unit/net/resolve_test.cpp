#include <stdexcept>
#include <string>

#include <gtest/gtest.h>

#include "net/address.hpp"

namespace reprise::net {
namespace {

std::string refusal(std::string_view address) {
  try {
    return "accepted as " + resolve(address, Role::listen).text();
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
}

TEST(Resolve, TakesTcpAddresses) {
  EXPECT_EQ(resolve("127.0.0.1:80", Role::connect).text(), "127.0.0.1:80");
  EXPECT_EQ(resolve(":8443", Role::listen).text(), "0.0.0.0:8443");
  EXPECT_EQ(resolve("[::1]:80", Role::listen).text(), "[::1]:80");
}

TEST(Resolve, TakesAnIpv4AddressOfAName) {
  EXPECT_EQ(resolve("localhost:80", Role::connect).family(), AF_INET);
}

TEST(Resolve, KnowsNames) {
  for (const std::string_view name : {"localhost:80", "app.example:1", "1a:2"})
    EXPECT_TRUE(has_host_name(name)) << name;
  for (const std::string_view other : {"127.0.0.1:80", "[::1]:80", ":80", "/run/app.sock", "@app"})
    EXPECT_FALSE(has_host_name(other)) << other;
}

TEST(Resolve, TakesUnixSockets) {
  EXPECT_EQ(resolve("/run/app.sock", Role::connect).text(), "/run/app.sock");
  EXPECT_EQ(resolve("8080", Role::listen).text(), "8080");
  EXPECT_EQ(resolve("@app", Role::listen).text(), "@app");
}

TEST(Resolve, RefusesWhatIsNoAddress) {
  EXPECT_EQ(refusal(":99999"), "address \":99999\": expected a port from 0 to 65535");
  EXPECT_EQ(refusal("*:80"), "address \"*:80\": expected a host name, an IPv4 address or ':'");
  EXPECT_EQ(refusal("::1:80"), "address \"::1:80\": expected an IPv6 address in brackets");
  EXPECT_EQ(refusal(""), "address \"\": expected an address");
}

TEST(Resolve, RefusesNumbersThatAreNoAddress) {
  EXPECT_TRUE(refusal("256.1.1.1:80").starts_with("address \"256.1.1.1:80\": "));
  EXPECT_TRUE(refusal("[1:2]:80").starts_with("address \"[1:2]:80\": "));
}

TEST(Resolve, RefusesSharedSockets) {
  EXPECT_EQ(refusal("=0"), "address \"=0\": a shared socket is of use to listen only");
  EXPECT_EQ(refusal("fd://3"),
            "address \"fd://3\": no listening socket was passed under this number");
}

}  // namespace
}  // namespace reprise::net
