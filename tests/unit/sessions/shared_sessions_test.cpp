#include "sessions/shared_sessions.hpp"

#include <boost/json.hpp>
#include <gtest/gtest.h>

#include "harness.hpp"
#include "tests/unit/sync/harness.hpp"
#include "tests/unit/tls/certificates.hpp"

namespace reprise::sessions::testing {
namespace {

using sync::Rejection;
using sync::testing::Ear;
using sync::testing::endpoint;
using sync::testing::Replica;
using std::chrono_literals::operator""s;

constexpr UnixSeconds hours = 3600;

class SharedSessionsTest : public ::testing::Test {
protected:
  SharedSessionsTest() : client_("client") {}

  // What a peer whose clock is off tells of a session made now that lives `lifetime`.
  std::string told(long clock_off, UnixSeconds lifetime, X509* certificate = nullptr) {
    const auto created = static_cast<std::time_t>(unix_now()) + clock_off;
    const std::string der = session_der(created, static_cast<long>(lifetime), certificate);
    std::string bytes;
    EXPECT_TRUE(sync::encode(
        {sync::Operation::set, "id", der, static_cast<UnixSeconds>(created) + lifetime}, bytes));
    return bytes;
  }
  std::optional<tls::StoredSession> find() {
    tls::SessionMiss why = tls::SessionMiss::unknown;
    return sessions_.get("id", why);
  }
  void take(const std::string& datagram, const char* from = "192.0.2.7:1") {
    replica_.intake.take(datagram, endpoint(from), unix_now());
  }

  Sharing sharing_{300s, false};
  FromPeers from_peers_{sharing_};
  Ear ear_;
  Replica replica_{{ear_.address(), endpoint("203.0.113.1:0")}, Replica::usual(), &from_peers_};
  SharedSessions sessions_{replica_.cache, sharing_};
  tls::testing::Certificate client_;
};

TEST_F(SharedSessionsTest, ANewSessionIsHereAndOnItsWay) {
  const std::string der = session_der(1000, 300);
  const UnixSeconds end = unix_now() + 300;
  EXPECT_TRUE(sessions_.put("id", der, end, tls::SessionKind::anonymous));
  std::string expected;
  ASSERT_TRUE(sync::encode({sync::Operation::set, "id", der, end}, expected));
  EXPECT_EQ(ear_.heard(), std::vector{expected});
  const auto found = find();
  ASSERT_TRUE(found);
  EXPECT_EQ(found->der, der);
  EXPECT_EQ(found->expires, end);
  EXPECT_FALSE(found->made_elsewhere);
  EXPECT_TRUE(found->trusted);
}

TEST_F(SharedSessionsTest, ASessionThatWasSoughtIsOneLookUp) {
  EXPECT_FALSE(find());
  EXPECT_FALSE(sessions_.get_sought("id"));
  take(told(0, 300));
  const auto found = sessions_.get_sought("id");
  ASSERT_TRUE(found);
  EXPECT_TRUE(found->made_elsewhere);
  const cache::Counts counts = replica_.cache.local().counts();
  EXPECT_EQ(counts.miss, 1u);
  EXPECT_EQ(counts.hits, 0u);
}

TEST_F(SharedSessionsTest, ClocksMayDifferByHours) {
  for (const long off : {-2L * 3600, 2L * 3600, 0L, -100'000L}) {
    take(told(off, 200));
    const auto found = find();
    ASSERT_TRUE(found) << off;
    EXPECT_NEAR(static_cast<double>(found->expires - unix_now()), 200, 2) << off;
    EXPECT_TRUE(found->made_elsewhere);
  }
}

TEST_F(SharedSessionsTest, NothingLivesLongerThanHere) {
  take(told(0, 100'000));
  EXPECT_NEAR(static_cast<double>(find()->expires - unix_now()), 300, 2);
  std::string for_ever;
  ASSERT_TRUE(sync::encode({sync::Operation::set, "id", session_der(1000, 300), 0}, for_ever));
  take(for_ever);
  EXPECT_NEAR(static_cast<double>(find()->expires - unix_now()), 300, 2);
}

TEST_F(SharedSessionsTest, AnExpiryBeforeItsCreationIsNone) {
  const auto now = static_cast<std::time_t>(unix_now());
  std::string bytes;
  ASSERT_TRUE(sync::encode(
      {sync::Operation::set, "id", session_der(now, 300), static_cast<UnixSeconds>(now) - hours},
      bytes));
  take(bytes);
  EXPECT_FALSE(find());
  EXPECT_EQ(replica_.rejected(Rejection::expired), 1u);
}

TEST_F(SharedSessionsTest, WhatIsNoSessionKeepsItsExpiry) {
  std::string bytes;
  const UnixSeconds end = unix_now() + 10 * hours;
  ASSERT_TRUE(sync::encode({sync::Operation::set, "id", "text", end}, bytes));
  take(bytes);
  EXPECT_EQ(replica_.plain->get("id", unix_now())->expires, end);
  EXPECT_FALSE(find());  // nor is it one to TLS
}

TEST_F(SharedSessionsTest, ClientsCertificatesAreNotTakenFromOutside) {
  take(told(0, 300, client_.certificate.get()));
  EXPECT_FALSE(find());
  EXPECT_EQ(replica_.rejected(Rejection::untrusted), 1u);
  take(told(0, 300, client_.certificate.get()), "127.0.0.1:4");
  ASSERT_TRUE(find());
  EXPECT_TRUE(find()->trusted);
}

TEST_F(SharedSessionsTest, WhatComesFromOutsideSaysNotWhoTheClientIs) {
  take(told(0, 300));
  EXPECT_FALSE(find()->trusted);
  take(told(0, 300), "127.0.0.1:4");
  EXPECT_TRUE(find()->trusted);
}

TEST_F(SharedSessionsTest, SessionsThatSayWhoTheClientIsStayOnThisHost) {
  EXPECT_TRUE(
      sessions_.put("id", session_der(1000, 300), unix_now() + 300, tls::SessionKind::identifying));
  EXPECT_EQ(ear_.heard().size(), 1u);
  const sync::NodeCounters& outside = replica_.ledger.node(1);
  EXPECT_EQ(outside.sent.get() + outside.failed.get() + outside.refused.get(), 0u);
}

TEST_F(SharedSessionsTest, UnlessTheyAreToBeSharedAsUwsgiDoes) {
  const Sharing all{300s, true};
  FromPeers from_peers(all);
  Replica replica({ear_.address(), endpoint("203.0.113.1:0")}, Replica::usual(), &from_peers);
  SharedSessions sessions(replica.cache, all);
  EXPECT_TRUE(
      sessions.put("id", session_der(1000, 300), unix_now() + 300, tls::SessionKind::identifying));
  const sync::NodeCounters& outside = replica.ledger.node(1);
  EXPECT_EQ(outside.sent.get() + outside.failed.get() + outside.refused.get(), 1u);
  replica.intake.take(told(0, 300, client_.certificate.get()), endpoint("192.0.2.7:1"), unix_now());
  tls::SessionMiss why = tls::SessionMiss::unknown;
  const auto found = sessions.get("id", why);
  ASSERT_TRUE(found);
  EXPECT_TRUE(found->trusted && found->made_elsewhere);
}

TEST_F(SharedSessionsTest, RemovingIsForThisNodeAlone) {
  sessions_.put("id", session_der(1000, 300), unix_now() + 300, tls::SessionKind::anonymous);
  EXPECT_EQ(ear_.heard().size(), 1u);
  sessions_.remove("id");
  EXPECT_FALSE(find());
  EXPECT_TRUE(ear_.heard().empty());
}

TEST_F(SharedSessionsTest, ACacheWithoutSessionsTakesEverythingAsItIs) {
  FromPeers plain(Sharing{});
  Replica replica({}, Replica::usual(), &plain);
  replica.intake.take(told(7200, 100), endpoint("192.0.2.7:1"), unix_now());
  EXPECT_NEAR(static_cast<double>(replica.plain->get("id", unix_now())->expires),
              static_cast<double>(unix_now()) + 7300, 2);
}

}  // namespace
}  // namespace reprise::sessions::testing
