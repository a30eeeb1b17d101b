#include "router/address_range.hpp"

#include <gtest/gtest.h>

namespace reprise::router {
namespace {

bool within(std::string_view range, std::string_view address) {
  const auto parsed = AddressRange::parse(range);
  EXPECT_TRUE(parsed) << range;
  return parsed && parsed->contains(net::resolve(address, net::Role::connect));
}

TEST(AddressRange, HasWhatItsFirstBitsSay) {
  EXPECT_TRUE(within("10.0.0.0/8", "10.255.1.2:80"));
  EXPECT_FALSE(within("10.0.0.0/8", "11.0.0.0:80"));
  EXPECT_TRUE(within("192.0.2.128/25", "192.0.2.129:1"));
  EXPECT_FALSE(within("192.0.2.128/25", "192.0.2.127:1"));
  EXPECT_TRUE(within("0.0.0.0/0", "203.0.113.7:1"));
  EXPECT_FALSE(within("0.0.0.0/0", "[2001:db8::1]:1"));
  EXPECT_TRUE(within("2001:db8::/32", "[2001:db8:ffff::1]:1"));
  EXPECT_FALSE(within("2001:db8::/32", "[2001:db9::1]:1"));
}

TEST(AddressRange, MayBeOneAddress) {
  EXPECT_TRUE(within("192.0.2.1", "192.0.2.1:5"));
  EXPECT_FALSE(within("192.0.2.1", "192.0.2.2:5"));
  EXPECT_TRUE(within("::1", "[::1]:5"));
}

TEST(AddressRange, SeesIPv4InIPv6) {
  EXPECT_TRUE(within("10.0.0.0/8", "[::ffff:10.1.2.3]:80"));
  EXPECT_TRUE(within("::ffff:10.0.0.0/104", "10.1.2.3:80"));
  EXPECT_TRUE(within("::ffff:10.0.0.0/104", "[::ffff:10.1.2.3]:80"));
  EXPECT_FALSE(within("::ffff:10.0.0.0/104", "11.1.2.3:80"));
  EXPECT_TRUE(within("::ffff:192.0.2.1", "192.0.2.1:80"));
}

TEST(AddressRange, UnixSocketsHaveAWord) {
  EXPECT_TRUE(within("unix", "/run/x.sock"));
  EXPECT_FALSE(within("unix", "127.0.0.1:1"));
  EXPECT_FALSE(within("0.0.0.0/0", "/run/x.sock"));
}

TEST(AddressRange, AnythingElseIsNone) {
  for (const std::string_view text :
       {"", "/", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/8x", "10.0.0.1/8", "10.0.0/8",
        "localhost", "::1/129", "2001:db8::1/32", "unix/8", " 10.0.0.0/8"}) {
    EXPECT_FALSE(AddressRange::parse(text)) << text;
  }
}

}  // namespace
}  // namespace reprise::router
