#include "repeater/members.hpp"

#include <gtest/gtest.h>

#include "harness.hpp"
#include "repeater/cookies.hpp"

namespace reprise::repeater {
namespace {

class MembersTest : public testing::Test {
protected:
  std::string kinds() const {
    std::string text;
    for (const Members::State& state : members_.snapshot())
      text += state.address.endpoint().text() + "=" + name_of(state.right) + " ";
    return text;
  }

  SharedRoom room_;
  Members members_{*room_};
  Moment now_ = 1'000'000;
};

TEST_F(MembersTest, ACookieLastsForItsToleranceAndIsRenewed) {
  EXPECT_FALSE(members_.returned_cookie(address("10.0.0.1:7000"), now_));
  members_.sweep(now_ + tolerance);
  EXPECT_EQ(kinds(), "10.0.0.1:7000=cookie ");
  members_.returned_cookie(address("10.0.0.1:7000"), now_ + tolerance);
  members_.sweep(now_ + 2 * tolerance);
  EXPECT_EQ(kinds(), "10.0.0.1:7000=cookie ");
  members_.sweep(now_ + 2 * tolerance + 1);
  EXPECT_EQ(kinds(), "");
  EXPECT_EQ(room_->counters.joined.get(), 1u);
  EXPECT_EQ(room_->counters.left.get(), 1u);
}

TEST_F(MembersTest, WhatALargerRightGaveASmallerOneDoesNotProlong) {
  members_.announced(address("10.0.0.1:7000"), Right::signed_for, false, now_);
  members_.returned_cookie(address("10.0.0.1:7000"), now_ + 10'000);
  EXPECT_EQ(kinds(), "10.0.0.1:7000=signed ");
  members_.sweep(now_ + tolerance + 1);
  EXPECT_EQ(kinds(), "10.0.0.1:7000=cookie ");
}

TEST_F(MembersTest, NoMoreThanSixteenOfOneHost) {
  for (int port = 1; port <= 16; ++port)
    EXPECT_FALSE(members_.returned_cookie(address("10.0.0.1:" + std::to_string(port)), now_));
  EXPECT_EQ(members_.returned_cookie(address("10.0.0.1:17"), now_), Reason::too_many);
  EXPECT_FALSE(members_.returned_cookie(address("10.0.0.2:17"), now_));
  EXPECT_FALSE(members_.returned_cookie(address("10.0.0.1:3"), now_));  // it is there already
}

TEST_F(MembersTest, CookiesLeaveRoomForTheOthers) {
  const auto host = [](unsigned i) {
    return address("10.1." + std::to_string(i / 200) + "." + std::to_string(i % 200 + 1) + ":1");
  };
  unsigned i = 0;
  for (; i < Members::most_by_cookie; ++i)
    ASSERT_FALSE(members_.returned_cookie(host(i), now_));
  EXPECT_EQ(members_.returned_cookie(host(i), now_), Reason::full);
  for (; i < Room::most_members; ++i)
    ASSERT_FALSE(members_.announced(host(i), Right::trusted, false, now_));
  EXPECT_EQ(members_.announced(host(i), Right::trusted, false, now_), Reason::full);
  // Who is configured is a member whoever else is.
  members_.configure({address("10.2.0.1:1")}, now_);
  EXPECT_NE(kinds().find("10.2.0.1:1=static "), std::string::npos);
  EXPECT_EQ(members_.snapshot().size(), Room::most_members);
  EXPECT_EQ(room_->counters.left.get(), 1u);
  EXPECT_FALSE(members_.announced(host(Room::most_members - 1), Right::trusted, false, now_));
}

TEST_F(MembersTest, ConfiguredOnesStayForAsLongAsTheyAreConfigured) {
  members_.configure({address("10.0.0.1:1"), address("10.0.0.2:1")}, now_);
  members_.sweep(now_ + 10 * tolerance);
  members_.leave(address("10.0.0.1:1"), Members::Proof::some);
  EXPECT_EQ(kinds(), "10.0.0.1:1=static 10.0.0.2:1=static ");
  members_.configure({address("10.0.0.2:1")}, now_);
  EXPECT_EQ(kinds(), "10.0.0.1:1=trusted 10.0.0.2:1=static ");
  members_.sweep(now_ + tolerance + 1);
  EXPECT_EQ(kinds(), "10.0.0.2:1=static ");
}

TEST_F(MembersTest, WhoReturnedACookieLeavesByOne) {
  members_.announced(address("10.0.0.1:1"), Right::trusted, false, now_);
  members_.announced(address("10.0.0.2:1"), Right::trusted, true, now_);
  members_.leave(address("10.0.0.1:1"), Members::Proof::none);
  members_.leave(address("10.0.0.2:1"), Members::Proof::none);
  EXPECT_EQ(kinds(), "10.0.0.2:1=trusted ");
  members_.leave(address("10.0.0.2:1"), Members::Proof::some);
  EXPECT_EQ(kinds(), "");
}

TEST_F(MembersTest, ANewGenerationOfTheProgramGoesOnWithThem) {
  members_.returned_cookie(address("[2001:db8::1]:7000"), now_);
  SharedRoom next(UniqueFd(::dup(room_.region_fd())));
  const auto states = Members(*next).snapshot();
  ASSERT_EQ(states.size(), 1u);
  EXPECT_EQ(states[0].address.endpoint().text(), "[2001:db8::1]:7000");
  EXPECT_EQ(next->cookie_key, room_->cookie_key);
}

TEST_F(MembersTest, AnotherProgramsMemoryIsLeftAlone) {
  room_->magic = 1;
  SharedRoom next(UniqueFd(::dup(room_.region_fd())));
  EXPECT_NE(next->cookie_key, room_->cookie_key);
  EXPECT_EQ(room_->magic, 1u);
}

TEST_F(MembersTest, CookiesAreOfAnAddressAndItsMinute) {
  const Cookies cookies(*room_);
  const Address one = address("10.0.0.1:7000");
  const seal::Cookie cookie = cookies.make(one, now_);
  EXPECT_TRUE(cookies.is_valid(cookie, one, now_));
  EXPECT_TRUE(cookies.is_valid(cookie, one, now_ + 60'000));
  EXPECT_FALSE(cookies.is_valid(cookie, one, now_ + 120'000));
  EXPECT_FALSE(cookies.is_valid(cookie, address("10.0.0.1:7001"), now_));
  EXPECT_FALSE(cookies.is_valid(cookie, address("10.0.0.2:7000"), now_));
  EXPECT_FALSE(cookies.is_valid({}, one, now_));
  const SharedRoom other;
  EXPECT_FALSE(Cookies(*other).is_valid(cookie, one, now_));
}

TEST_F(MembersTest, ACookieASecondAndAddress) {
  Cookies cookies(*room_);
  EXPECT_TRUE(cookies.may_send(address("10.0.0.1:7000"), false, 5000));
  EXPECT_FALSE(cookies.may_send(address("10.0.0.1:7000"), false, 5999));
  EXPECT_TRUE(cookies.may_send(address("10.0.0.1:7001"), false, 5999));
  EXPECT_TRUE(cookies.may_send(address("10.0.0.1:7000"), false, 6000));
}

TEST_F(MembersTest, AndNotMoreThanSoManyInAll) {
  Cookies cookies(*room_);
  std::uint64_t sent = 0;
  for (unsigned i = 0; i < 3 * Cookies::each_second; ++i) {
    Address from = address("10.0.0.1:7000");
    from.port = i % 65535 + 1;
    from.ip[14] = static_cast<unsigned char>(i / 65535);
    sent += cookies.may_send(from, false, 5000) ? 1 : 0;
  }
  EXPECT_EQ(sent, Cookies::each_second);
}

}  // namespace
}  // namespace reprise::repeater
