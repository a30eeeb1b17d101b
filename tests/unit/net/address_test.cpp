#include "net/address.hpp"

#include <gtest/gtest.h>

namespace reprise::net {
namespace {

std::string unmapped(std::string_view address) {
  return resolve(address, Role::connect).unmapped().text();
}

TEST(AddressTest, AnIpv4AddressThatCameAsIpv6IsItself) {
  EXPECT_EQ(unmapped("[::ffff:192.0.2.1]:25"), "192.0.2.1:25");
}

TEST(AddressTest, EveryOtherAddressStaysAsItIs) {
  for (const char* address : {"192.0.2.1:25", "[2001:db8::1]:25", "[::1]:25", "/run/a.sock", "@a"})
    EXPECT_EQ(unmapped(address), address);
}

}  // namespace
}  // namespace reprise::net
