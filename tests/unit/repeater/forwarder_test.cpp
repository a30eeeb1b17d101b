#include "repeater/forwarder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness.hpp"
#include "net/datagram.hpp"

namespace reprise::repeater {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

class ForwarderTest : public testing::Test {
protected:
  ForwarderTest() {
    trust_.is_trusted = [](const net::Endpoint& from) { return from.host().starts_with("10.1."); };
    Members(*room_).configure({address("10.0.0.1:1"), address("10.0.0.2:1"), address("10.0.0.3:1")},
                              now_);
  }

  void take(const std::string& from, const std::string& datagram, int hops = 64) {
    forwarder_.refresh();
    forwarder_.take(datagram, at(from), hops, now_);
  }

  seal::Cookie asked_cookie(const std::string& from) {
    take(from, subscribe());
    EXPECT_EQ(sent_.answers.back().to, from);
    const auto clear = seal::read_clear(sent_.answers.back().datagram);
    EXPECT_EQ(clear->operation, seal::ClearOperation::cookie);
    return clear->cookie;
  }

  void join_by_cookie(const std::string& from) { take(from, subscribe(asked_cookie(from))); }

  std::uint64_t rejected(Reason reason) const {
    return room_->counters.rejected[static_cast<std::size_t>(reason)].get();
  }

  SharedRoom room_;
  Trust trust_;
  Sent sent_;
  Moment now_ = 1'000'000;
  Forwarder forwarder_{*room_, trust_, sent_};
};

TEST_F(ForwarderTest, WhatAMemberSendsGoesToAllOthersUnchanged) {
  const std::string datagram = sealed("alice", "hello");
  take("10.0.0.1:1", datagram, 64);
  EXPECT_THAT(sent_.copies, ElementsAre(Sent::Copy{"10.0.0.2:1", datagram, 15},
                                        Sent::Copy{"10.0.0.3:1", datagram, 15}));
  EXPECT_EQ(room_->counters.forwarded.get(), 1u);
}

TEST_F(ForwarderTest, WhatOthersSendGoesNowhere) {
  take("10.0.0.9:1", sealed("mallory", "x"));
  take("10.0.0.1:2", sealed("mallory", "x"));  // the right host, another port
  take("10.0.0.9:1", plain("x"));
  EXPECT_THAT(sent_.copies, IsEmpty());
  EXPECT_THAT(sent_.answers, IsEmpty());
  EXPECT_EQ(rejected(Reason::not_member), 3u);
}

TEST_F(ForwarderTest, NothingIsAnsweredButSubscribe) {
  for (const std::string& datagram :
       {std::string(), std::string(1, '\xc5'), std::string("\xC5\x9E\x02\x00", 4),
        std::string("\xC5\x9E\x01\x0f", 4), std::string("\xC5\x9E\x01\x0f\x01", 5),
        std::string("\x6f\x00\x00\x11", 4), std::string(64, '\xe0'), std::string("GET / HTTP/1.0"),
        leave({}), seal::write_clear({seal::ClearOperation::cookie, {}})}) {
    take("10.0.0.9:1", datagram);
    EXPECT_THAT(sent_.answers, IsEmpty()) << testing::PrintToString(datagram);
  }
  EXPECT_EQ(room_->counters.received.get(), 10u);
}

TEST_F(ForwarderTest, ACookieIsSmallerThanWhatAskedForIt) {
  take("10.0.0.9:1", subscribe());
  ASSERT_EQ(sent_.answers.size(), 1u);
  EXPECT_LT(sent_.answers[0].datagram.size(), subscribe().size());
  take("10.0.0.9:1", subscribe());
  EXPECT_EQ(sent_.answers.size(), 1u);
  EXPECT_EQ(rejected(Reason::cookie_shed), 1u);
}

TEST_F(ForwarderTest, WhoReturnsItGetsWhatIsSealedAlone) {
  join_by_cookie("10.0.0.9:1");
  take("10.0.0.1:1", sealed("alice", "x"));
  EXPECT_THAT(sent_.receivers(), UnorderedElementsAre("10.0.0.2:1", "10.0.0.3:1", "10.0.0.9:1"));
  take("10.0.0.1:1", plain("x"));
  EXPECT_THAT(sent_.receivers(), UnorderedElementsAre("10.0.0.2:1", "10.0.0.3:1"));
  take("10.0.0.9:1", sealed("nina", "x"));
  EXPECT_THAT(sent_.receivers(), UnorderedElementsAre("10.0.0.1:1", "10.0.0.2:1", "10.0.0.3:1"));
}

TEST_F(ForwarderTest, NorDoesItSayAnythingInTheClear) {
  join_by_cookie("10.0.0.9:1");
  take("10.0.0.9:1", plain("x"));
  EXPECT_THAT(sent_.copies, IsEmpty());
  EXPECT_EQ(rejected(Reason::not_member), 1u);
}

TEST_F(ForwarderTest, AnothersCookieIsNone) {
  const seal::Cookie cookie = asked_cookie("10.0.0.9:1");
  take("10.0.0.8:1", subscribe(cookie));
  take("10.0.0.1:1", sealed("alice", "x"));
  EXPECT_THAT(sent_.receivers(), UnorderedElementsAre("10.0.0.2:1", "10.0.0.3:1"));
}

TEST_F(ForwarderTest, NobodyLeavesForAnother) {
  const seal::Cookie cookie = asked_cookie("10.0.0.9:1");
  take("10.0.0.9:1", subscribe(cookie));
  take("10.0.0.9:1", leave({}));
  take("10.0.0.8:1", leave(cookie));
  EXPECT_EQ(Members(*room_).snapshot().size(), 4u);
  take("10.0.0.9:1", leave(cookie));
  EXPECT_EQ(Members(*room_).snapshot().size(), 3u);
}

TEST_F(ForwarderTest, WhatIsAddressedGoesWhereItsNameWasHeard) {
  take("10.0.0.2:1", sealed("bob", "hello"));
  sent_.receivers();
  take("10.0.0.1:1", sealed("alice", "for bob", seal::Kind::ask, "bob "));
  EXPECT_THAT(sent_.receivers(), ElementsAre("10.0.0.2:1"));
  take("10.0.0.1:1", sealed("alice", "for carol", seal::Kind::ask, "caro"));
  EXPECT_THAT(sent_.receivers(), UnorderedElementsAre("10.0.0.2:1", "10.0.0.3:1"));
  now_ += 61'000;
  take("10.0.0.1:1", sealed("alice", "for bob again", seal::Kind::ask, "bob "));
  EXPECT_THAT(sent_.receivers(), UnorderedElementsAre("10.0.0.2:1", "10.0.0.3:1"));
}

TEST_F(ForwarderTest, AndNotBackToWhereItCameFrom) {
  take("10.0.0.1:1", sealed("bob", "hello"));
  sent_.receivers();
  take("10.0.0.1:1", sealed("alice", "for bob", seal::Kind::ask, "bob "));
  EXPECT_THAT(sent_.copies, IsEmpty());
  EXPECT_EQ(rejected(Reason::returned), 1u);
}

TEST_F(ForwarderTest, ASecondSightingIsDropped) {
  take("10.0.0.1:1", sealed("alice", "x"));
  sent_.receivers();
  take("10.0.0.2:1", sealed("alice", "x"));
  take("10.0.0.1:1", sealed("alice", "x"));
  EXPECT_THAT(sent_.copies, IsEmpty());
  EXPECT_EQ(rejected(Reason::seen), 2u);
}

TEST_F(ForwarderTest, AForgedCopyOfAHeaderDoesNotSuppressTheTrueOne) {
  take("10.0.0.3:1", sealed("alice", "forged"));
  sent_.receivers();
  take("10.0.0.1:1", sealed("alice", "true"));
  EXPECT_THAT(sent_.receivers(), UnorderedElementsAre("10.0.0.2:1", "10.0.0.3:1"));
}

TEST_F(ForwarderTest, WhatHasComeTooFarEnds) {
  take("10.0.0.1:1", sealed("alice", "x"), 2);
  EXPECT_EQ(sent_.copies.at(0).hops, 1);
  sent_.receivers();
  take("10.0.0.1:1", sealed("alice", "y"), 1);
  EXPECT_THAT(sent_.copies, IsEmpty());
  EXPECT_EQ(rejected(Reason::far), 1u);
}

TEST_F(ForwarderTest, APlainSenderIsKnownByItsHost) {
  take("10.0.0.1:40000", plain("x"));
  EXPECT_THAT(sent_.receivers(), UnorderedElementsAre("10.0.0.2:1", "10.0.0.3:1"));
  take("10.0.0.1:40000", plain("x"));  // the same once more
  EXPECT_EQ(sent_.receivers().size(), 2u);
  take("10.0.0.2:1", plain("x"));  // in a circle
  EXPECT_THAT(sent_.copies, IsEmpty());
}

// What is said last counts, also if it was said before.
TEST_F(ForwarderTest, ANodeMaySayWhatAnotherHasSaid) {
  Members members(*room_);
  members.announced(address("10.1.0.1:1"), Right::trusted, false, now_);
  members.announced(address("10.1.0.2:1"), Right::trusted, false, now_);
  take("10.1.0.1:40000", plain("on"));
  take("10.1.0.2:40000", plain("off"));
  EXPECT_EQ(sent_.receivers().size(), 8u);
  take("10.1.0.2:40000", plain("on"));
  EXPECT_THAT(sent_.receivers(),
              UnorderedElementsAre("10.0.0.1:1", "10.0.0.2:1", "10.0.0.3:1", "10.1.0.1:1"));
  // From another repeater it would be a circle.
  take("10.0.0.2:1", plain("on"));
  EXPECT_THAT(sent_.copies, IsEmpty());
  EXPECT_EQ(rejected(Reason::seen), 1u);
}

TEST_F(ForwarderTest, OneOfSeveralOnAHostGetsItsOwnBack) {
  Members(*room_).configure({address("10.0.0.1:1"), address("10.0.0.1:2"), address("10.0.0.2:1")},
                            now_);
  take("10.0.0.1:40000", plain("x"));
  EXPECT_THAT(sent_.receivers(),
              UnorderedElementsAre("10.0.0.1:1", "10.0.0.1:2", "10.0.0.2:1", "10.0.0.3:1"));
  take("10.0.0.1:1", plain("y"));
  EXPECT_THAT(sent_.receivers(), UnorderedElementsAre("10.0.0.1:2", "10.0.0.2:1", "10.0.0.3:1"));
}

TEST_F(ForwarderTest, AMemberSendsSoMuchASecondAndBulkLess) {
  std::size_t passed = 0;
  for (std::uint64_t i = 0; i < Forwarder::each_second + 10; ++i) {
    const bool bulk = i < Forwarder::bulk_each_second + 5;
    take("10.0.0.1:1",
         sealed("alice", std::to_string(i), bulk ? seal::Kind::bulk : seal::Kind::push));
    passed += sent_.receivers().empty() ? 0 : 1;
  }
  EXPECT_EQ(rejected(Reason::bulk_shed), 5u);
  EXPECT_EQ(rejected(Reason::too_often), 5u);
  EXPECT_EQ(passed, Forwarder::each_second);
  take("10.0.0.2:1", sealed("bob", "x"));
  EXPECT_FALSE(sent_.receivers().empty());
  now_ += 1000;
  take("10.0.0.1:1", sealed("alice", "later"));
  EXPECT_FALSE(sent_.receivers().empty());
}

// Who returned a cookie may be anybody.
TEST_F(ForwarderTest, FewCopiesAreMadeForACookie) {
  constexpr unsigned others = 53;
  std::vector<Address> configured;
  for (unsigned i = 1; i <= others; ++i)
    configured.push_back(address("10.0.1." + std::to_string(i) + ":1"));
  Members(*room_).configure(configured, now_);
  forwarder_.sweep(now_ += tolerance + 1);
  join_by_cookie("10.0.0.9:1");
  std::uint64_t copies = 0;
  for (std::uint64_t i = 0; i < 5000; ++i) {
    take("10.0.0.9:1", sealed("mallory", std::to_string(i)));
    copies += sent_.receivers().size();
  }
  EXPECT_LE(copies, Forwarder::copies_each_second);
  EXPECT_GT(copies, Forwarder::copies_each_second * 9 / 10);
  EXPECT_GT(rejected(Reason::too_often), 0u);
  // What was shed is no repeat when it comes by another way.
  take("10.0.1.1:1", sealed("mallory", "4999"));
  EXPECT_EQ(sent_.receivers().size(), others);
  // Others have their own.
  for (std::uint64_t i = 0; i < 5000; ++i)
    take("10.0.1.1:1", sealed("alice", std::to_string(i)));
  EXPECT_EQ(sent_.receivers().size(), 5000u * others);
}

TEST_F(ForwarderTest, SilentMembersAreSentNothingMore) {
  join_by_cookie("10.0.0.9:1");
  now_ += tolerance + 1;
  forwarder_.sweep(now_);
  take("10.0.0.1:1", sealed("alice", "x"));
  EXPECT_THAT(sent_.receivers(), UnorderedElementsAre("10.0.0.2:1", "10.0.0.3:1"));
}

}  // namespace
}  // namespace reprise::repeater
