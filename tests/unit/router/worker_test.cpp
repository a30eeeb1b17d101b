#include "router/worker.hpp"

#include <gtest/gtest.h>

namespace reprise::router {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(Timeouts, AreTheOneForInactivityUnlessSet) {
  Settings settings;
  settings.timeout = seconds(7);
  settings.handshake_timeout = seconds(0);
  const Timeouts timeouts(settings);
  EXPECT_EQ(timeouts.idle, seconds(7));
  EXPECT_EQ(timeouts.head, seconds(7));
  EXPECT_EQ(timeouts.connect, seconds(7));
  EXPECT_EQ(timeouts.handshake, seconds(7));
  EXPECT_EQ(timeouts.keepalive, seconds(7));
  EXPECT_EQ(timeouts.linger, seconds(2));
}

TEST(Timeouts, CanBeSetOneByOne) {
  Settings settings;
  settings.timeout = seconds(100);
  settings.headers_timeout = seconds(1);
  settings.connect_timeout = seconds(20);
  settings.handshake_timeout = seconds(3);
  settings.keepalive_timeout = seconds(4);
  const Timeouts timeouts(settings);
  EXPECT_EQ(timeouts.idle, seconds(100));
  EXPECT_EQ(timeouts.head, seconds(1));
  EXPECT_EQ(timeouts.connect, seconds(20));
  EXPECT_EQ(timeouts.handshake, seconds(3));
  EXPECT_EQ(timeouts.keepalive, seconds(4));
}

TEST(Timeouts, ConnectingTakesTenSecondsAtMostUnlessSet) {
  Settings settings;
  settings.timeout = seconds(100);
  EXPECT_EQ(Timeouts(settings).connect, seconds(10));
}

TEST(Timeouts, NoneIsAMinute) {
  Settings settings;
  settings.timeout = seconds(0);
  EXPECT_EQ(Timeouts(settings).idle, seconds(60));
}

TEST(Timeouts, LingeringTakesNoLongerThanTheRest) {
  Settings settings;
  settings.timeout = seconds(1);
  EXPECT_EQ(Timeouts(settings).linger, seconds(1));
}

}  // namespace
}  // namespace reprise::router
