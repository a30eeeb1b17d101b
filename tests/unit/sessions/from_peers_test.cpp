// Sessions that are copied, and those that others may copy.
#include "sessions/from_peers.hpp"

#include <limits>

#include <gtest/gtest.h>

#include "harness.hpp"
#include "tests/unit/tls/certificates.hpp"

namespace reprise::sessions::testing {
namespace {

using sync::Rejection;
using std::chrono_literals::operator""s;
namespace flags = cache::item_flags;

constexpr UnixSeconds now = 1'795'436'000;

class FromPeersTest : public ::testing::Test {
protected:
  // What becomes of the expiry of an item copied from a neighbour whose clock is `off`; 0: refused.
  UnixSeconds left_of(const std::string& value, UnixSeconds left, long off = 0) {
    const UnixSeconds theirs = now + static_cast<UnixSeconds>(off);
    sync::Change change{sync::Operation::set, "id", value, left == 0 ? 0 : theirs + left};
    why_ = from_peers_.judge(change, {now, /*from_this_host=*/false, theirs});
    return why_ ? 0 : change.expires - now;
  }
  static std::string made(long ago, long lifetime = 300, X509* certificate = nullptr) {
    return session_der(static_cast<std::time_t>(now) - ago, lifetime, certificate);
  }
  static bool may_leave(const Sharing& sharing, const std::string& value, int item_flags = 0) {
    return FromPeers(sharing).may_leave({value, 0, static_cast<std::uint16_t>(item_flags)});
  }

  FromPeers from_peers_{{300s, false, false}};
  std::optional<Rejection> why_;
};

TEST_F(FromPeersTest, ACopiedSessionHasWhatWasLeftOfItNotItsWholeLife) {
  EXPECT_EQ(left_of(made(200), 100), 100u);
  EXPECT_EQ(left_of(made(200), 100, 7200), 100u);
  EXPECT_EQ(left_of(made(200), 100, -7200), 100u);
  // The clock of who made it is a third one.
  EXPECT_EQ(left_of(made(99'999), 100), 100u);
}

TEST_F(FromPeersTest, ACopiedSessionIsCutToTheOwnTimeout) {
  EXPECT_EQ(left_of(made(0, 5000), 5000), 300u);
}

TEST_F(FromPeersTest, ACopiedSessionWithoutAnExpiryEndsByItsOwnTimes) {
  EXPECT_EQ(left_of(made(200), 0), 100u);
  EXPECT_EQ(left_of(made(301), 0), 0u);
  EXPECT_EQ(why_, Rejection::expired);
}

TEST_F(FromPeersTest, WhatIsCopiedAndNoSessionKeepsWhatIsLeft) {
  EXPECT_EQ(left_of("text", 1000, 3600), 1000u);
  sync::Change change{sync::Operation::set, "k", "text", 0};
  EXPECT_FALSE(from_peers_.judge(change, {now, false, now}));
  EXPECT_EQ(change.expires, 0u);
  change.expires = now;
  EXPECT_EQ(from_peers_.judge(change, {now, false, now}), Rejection::expired);
}

TEST_F(FromPeersTest, AnEndBeyondEveryClockDoesNotWrapAround) {
  sync::Change change{sync::Operation::set, "k", "text", std::numeric_limits<UnixSeconds>::max()};
  EXPECT_FALSE(from_peers_.judge(change, {now, false, now - 3600}));
  EXPECT_EQ(change.expires, 0u);
}

TEST_F(FromPeersTest, CopiedCertificatesAreNotBelievedEither) {
  const tls::testing::Certificate client("client");
  EXPECT_EQ(left_of(made(0, 300, client.certificate.get()), 300), 0u);
  EXPECT_EQ(why_, Rejection::untrusted);
}

// What a member of a sealed cluster tells: its expiry is by this node's clock already.
TEST_F(FromPeersTest, AMemberIsBelievedAboutCertificatesAndTimes) {
  const tls::testing::Certificate client("client");
  const auto left = [&](const std::string& value, UnixSeconds expires) -> UnixSeconds {
    sync::Change change{sync::Operation::set, "id", value, expires};
    sync::Arrival arrival;
    arrival.now = now;
    arrival.trusted = true;
    why_ = from_peers_.judge(change, arrival);
    return why_ ? 0 : change.expires - now;
  };
  EXPECT_EQ(left(made(0, 300, client.certificate.get()), now + 100), 100u);
  // Made by a clock that is hours off.
  EXPECT_EQ(left(made(-7200), now + 100), 100u);
  EXPECT_EQ(left(made(7200), now + 100), 100u);
  EXPECT_EQ(left(made(0), now + 5000), 300u) << "no longer than a session of ours";
  EXPECT_EQ(left(made(0), 0), 300u);
  EXPECT_EQ(left(made(0), now), 0u);
  EXPECT_EQ(why_, Rejection::expired);
  EXPECT_EQ(left("text", now + 5000), 5000u);
}

TEST_F(FromPeersTest, WhatSaysWhoTheClientIsDoesNotLeaveThisHost) {
  const tls::testing::Certificate client("client");
  const std::string with_certificate = made(0, 300, client.certificate.get());
  const Sharing plain{300s, false, false}, asking{300s, false, true}, all{300s, true, true};
  EXPECT_TRUE(may_leave(plain, made(0)));
  EXPECT_TRUE(may_leave(asking, made(0)));
  EXPECT_FALSE(may_leave(plain, with_certificate));
  EXPECT_FALSE(may_leave(plain, made(0), flags::for_this_host));
  // What another node of this host made may be of its listener that asks.
  const int from_next_door = flags::from_peer | flags::believed;
  EXPECT_TRUE(may_leave(plain, made(0), from_next_door));
  EXPECT_FALSE(may_leave(asking, made(0), from_next_door));
  EXPECT_TRUE(may_leave(asking, made(0), flags::from_peer));
  EXPECT_TRUE(may_leave(all, with_certificate, flags::for_this_host));
  EXPECT_TRUE(may_leave({}, with_certificate));  // no cache of sessions
}

}  // namespace
}  // namespace reprise::sessions::testing
