#include "repeater/announces.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "../subscription/key_pair.hpp"
#include "base/clock.hpp"
#include "harness.hpp"

namespace reprise::repeater {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class AnnouncesTest : public testing::Test {
protected:
  AnnouncesTest() {
    trust_.is_trusted = [](const net::Endpoint& from) { return from.host().starts_with("10.1."); };
  }

  static std::string packet(const std::string& address, bool leaves = false,
                            std::optional<std::string_view> cookie = {}) {
    subscription::Announcement announcement;
    announcement.leaves = leaves;
    announcement.key = "sessions";
    announcement.address = address;
    announcement.cookie = cookie;
    return *subscription::finish(subscription::begin(announcement));
  }

  void take(const std::string& from, const std::string& datagram) {
    if (!forwarder_) forwarder_.emplace(*room_, trust_, sent_);
    forwarder_->refresh();
    forwarder_->take_announce(datagram, at(from), now_);
  }

  std::vector<std::string> members() const {
    std::vector<std::string> all;
    for (const Members::State& state : Members(*room_).snapshot())
      all.push_back(state.address.endpoint().text() + " " + name_of(state.right));
    return all;
  }

  std::uint64_t rejected(Reason reason) const {
    return room_->counters.rejected[static_cast<std::size_t>(reason)].get();
  }

  SharedRoom room_;
  Trust trust_;
  Sent sent_;
  Moment now_ = 1'000'000;
  std::optional<Forwarder> forwarder_;
};

TEST_F(AnnouncesTest, ATrustedNetworksNodesJoinAndLeave) {
  take("10.1.0.1:40000", packet("10.1.0.1:7101"));
  EXPECT_THAT(members(), ElementsAre("10.1.0.1:7101 trusted"));
  EXPECT_THAT(sent_.answers, IsEmpty());
  take("10.1.0.1:40001", packet("10.1.0.1:7101", /*leaves=*/true));
  EXPECT_THAT(members(), IsEmpty());
}

TEST_F(AnnouncesTest, OthersDoNot) {
  take("10.2.0.1:40000", packet("10.2.0.1:7101"));
  EXPECT_THAT(members(), IsEmpty());
  EXPECT_THAT(sent_.answers, IsEmpty());
  EXPECT_EQ(rejected(Reason::untrusted), 1u);
}

TEST_F(AnnouncesTest, NorForSomebodyElse) {
  take("10.1.0.1:40000", packet("10.1.0.2:7101"));
  EXPECT_THAT(members(), IsEmpty());
  EXPECT_EQ(rejected(Reason::other_source), 1u);
}

TEST_F(AnnouncesTest, AWildcardIsWhereItCameFrom) {
  take("10.1.0.1:40000", packet("0.0.0.0:7101"));
  EXPECT_THAT(members(), ElementsAre("10.1.0.1:7101 trusted"));
}

TEST_F(AnnouncesTest, OurNodesReturnACookieBesides) {
  take("10.1.0.1:40000", packet("10.1.0.1:7101", false, std::string(32, '0')));
  EXPECT_THAT(members(), IsEmpty());
  ASSERT_EQ(sent_.answers.size(), 1u);
  EXPECT_EQ(sent_.answers[0].to, "10.1.0.1:7101");
  const std::string cookie = seal::text_of(seal::read_clear(sent_.answers[0].datagram)->cookie);
  take("10.1.0.1:40000", packet("10.1.0.1:7101", false, cookie));
  EXPECT_THAT(members(), ElementsAre("10.1.0.1:7101 trusted"));
  // Who only knows the address does not make it leave.
  take("10.1.0.1:40000", packet("10.1.0.1:7101", /*leaves=*/true));
  take("10.1.0.1:40000", packet("10.1.0.1:7101", /*leaves=*/true, std::string(32, '0')));
  EXPECT_THAT(members(), ElementsAre("10.1.0.1:7101 trusted"));
  take("10.1.0.1:40000", packet("10.1.0.1:7101", /*leaves=*/true, cookie));
  EXPECT_THAT(members(), IsEmpty());
}

TEST_F(AnnouncesTest, ACookieIsSentToNobodyElse) {
  take("10.1.0.1:40000", packet("10.1.0.2:7101", false, std::string(32, '0')));
  take("10.2.0.1:40000", packet("10.2.0.1:7101", false, std::string(32, '0')));
  EXPECT_THAT(sent_.answers, IsEmpty());
}

TEST_F(AnnouncesTest, AListMayKeepThemOut) {
  trust_.may_announce = [](const net::Endpoint& from) { return from.host() == "10.1.0.1"; };
  take("10.1.0.2:40000", packet("10.1.0.2:7101"));
  take("10.1.0.1:40000", packet("10.1.0.1:7101"));
  EXPECT_THAT(members(), ElementsAre("10.1.0.1:7101 trusted"));
  EXPECT_EQ(rejected(Reason::unlisted), 1u);
}

TEST_F(AnnouncesTest, WhatIsNoneIsCounted) {
  for (const std::string& address : {std::string("node:7101"), std::string("10.1.0.1:0"),
                                     std::string("/run/socket"), std::string("[::1]:7101")}) {
    take("10.1.0.1:40000", packet(address));
  }
  take("10.1.0.1:40000", std::string(64, '\xe0'));
  EXPECT_THAT(members(), IsEmpty());
  EXPECT_EQ(rejected(Reason::malformed), 5u);
}

TEST_F(AnnouncesTest, OneSourceAnnouncesSoOftenAndNoMore) {
  for (int i = 0; i < 20'000; ++i)
    take("10.1.0.1:40000", packet("10.1.0.1:7101"));
  EXPECT_GT(rejected(Reason::announced_often), 0u);
}

// Nobody but who forges sources in a trusted network can ask so often, and from everywhere.
TEST_F(AnnouncesTest, WhoForgesSourcesDoesNotShutMembersOut) {
  const std::string renewal = packet("10.1.0.1:7101");
  take("10.1.0.1:40000", renewal);
  for (unsigned i = 0; i < 30'000; ++i) {
    const std::string host =
        "10.1." + std::to_string(i / 250 % 250 + 1) + "." + std::to_string(i % 250 + 2);
    take(host + ":40000", packet(host + ":7101", /*leaves=*/true));
  }
  EXPECT_GT(rejected(Reason::announced_often), 0u);
  for (int i = 0; i < 4; ++i) {
    now_ += 5000;
    take("10.1.0.1:40000", renewal);
    forwarder_->sweep(now_);
  }
  EXPECT_THAT(members(), ElementsAre("10.1.0.1:7101 trusted"));
}

class SignedAnnouncesTest : public AnnouncesTest {
protected:
  SignedAnnouncesTest() { trust_.sign_check = {"SHA256", keys_.directory, "here"}; }

  std::string signed_packet(const std::string& address, std::uint64_t unix, bool leaves = false) {
    subscription::Announcement announcement;
    announcement.leaves = leaves;
    announcement.key = "sessions";
    announcement.address = address;
    announcement.unix = unix;
    std::string begun = subscription::begin(announcement);
    const std::string signature =
        subscription::sign(subscription::read_private_key(keys_.private_file), "SHA256",
                           subscription::signed_part_of(begun));
    return *subscription::finish(std::move(begun), signature);
  }

  subscription::testing::KeyPair keys_{"sessions"};
};

TEST_F(SignedAnnouncesTest, ASignatureIsBelievedFromAnywhereAndOnce) {
  const std::uint64_t now = unix_now();
  const std::string packet = signed_packet("10.3.0.1:7101", now);
  take("10.2.0.1:40000", packet);
  EXPECT_THAT(members(), ElementsAre("10.3.0.1:7101 signed"));
  const std::string leave = signed_packet("10.3.0.1:7101", now + 1, true);
  take("10.2.0.1:40000", leave);
  EXPECT_THAT(members(), IsEmpty());
  take("10.2.0.1:40000", packet);
  EXPECT_THAT(members(), IsEmpty());
  EXPECT_EQ(rejected(Reason::stale), 1u);
  take("10.2.0.1:40000", signed_packet("10.3.0.1:7101", now + 2));
  take("10.2.0.1:40000", leave);
  EXPECT_THAT(members(), ElementsAre("10.3.0.1:7101 signed"));
}

TEST_F(SignedAnnouncesTest, AWrongOneIsNot) {
  std::string packet = signed_packet("10.3.0.1:7101", unix_now());
  packet.back() ^= 1;
  take("10.1.0.1:40000", packet);
  take("10.1.0.1:40000", signed_packet("10.3.0.1:7101", unix_now() - 100'000));
  EXPECT_THAT(members(), IsEmpty());
  EXPECT_EQ(rejected(Reason::not_believed), 1u);
  EXPECT_EQ(rejected(Reason::stale), 1u);
}

TEST_F(SignedAnnouncesTest, WhoForgesSignaturesDoesNotShutMembersOut) {
  const std::uint64_t now = unix_now();
  take("10.3.0.1:40000", signed_packet("10.3.0.1:7101", now));
  std::string forged = signed_packet("10.3.0.2:7101", now);
  forged.back() ^= 1;
  const auto flood = [&] {
    for (std::uint64_t i = 0; i < 2 * Announces::checked_each_second; ++i)
      take("10.2.0.1:40000", forged);
  };
  now_ += tolerance;
  flood();
  EXPECT_GT(rejected(Reason::announced_often), 0u);
  take("10.3.0.1:40000", signed_packet("10.3.0.1:7101", now + 1));
  now_ += tolerance;
  forwarder_->sweep(now_);
  EXPECT_THAT(members(), ElementsAre("10.3.0.1:7101 signed"));
}

TEST_F(SignedAnnouncesTest, ATrustedNetworkNeedsNone) {
  take("10.1.0.1:40000", packet("10.1.0.1:7101"));
  take("10.2.0.1:40000", packet("10.2.0.1:7101"));
  EXPECT_THAT(members(), ElementsAre("10.1.0.1:7101 trusted"));
}

}  // namespace
}  // namespace reprise::repeater
