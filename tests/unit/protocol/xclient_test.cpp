#include "protocol/xclient.hpp"

#include <gtest/gtest.h>

namespace reprise::protocol {
namespace {

using State = Banner::State;

TEST(XclientTest, ABannerEndsWithItsFirstLine) {
  const Banner banner = find_banner("220 mail\r\nmore\r\n");
  EXPECT_EQ(banner.state, State::complete);
  EXPECT_EQ(banner.size, 10u);
}

TEST(XclientTest, PartsOfABannerAreWaitedFor) {
  for (const char* part : {"", "220", "220 mail", "220 mail\r", "220 mail\n"})
    EXPECT_EQ(find_banner(part).state, State::incomplete) << part;
}

TEST(XclientTest, ACrWithoutItsLfIsNoBanner) {
  EXPECT_EQ(find_banner("220\rmail\r\n").state, State::malformed);
  EXPECT_EQ(find_banner("220 mail\r\r\n").state, State::malformed);
}

TEST(XclientTest, TheCommandNamesTheAddress) {
  EXPECT_EQ(xclient_command("192.0.2.1"), "XCLIENT ADDR=192.0.2.1\r\n");
}

}  // namespace
}  // namespace reprise::protocol
