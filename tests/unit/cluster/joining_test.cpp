#include "cluster/joining.hpp"

#include <gtest/gtest.h>

namespace reprise::cluster {
namespace {

net::Endpoint at(const std::string& address) {
  return net::resolve(address, net::Role::connect);
}

class JoiningTest : public testing::Test {
protected:
  // What was said since it was last asked: "ADDRESS COOKIE" each.
  std::vector<std::string> said() { return std::exchange(said_, {}); }
  void give_cookie(const std::string& from, unsigned char byte, Moment now) {
    seal::Cookie cookie;
    cookie.fill(byte);
    joining_.take(seal::write_clear({seal::ClearOperation::cookie, cookie}), at(from), now);
  }

  std::vector<std::string> said_;
  Joining joining_{{at("10.0.0.1:7000"), at("10.0.0.2:7000"), at("224.0.0.7:7000")},
                   [this](const net::Endpoint& to, Bytes datagram) {
                     const auto clear = seal::read_clear(datagram);
                     ASSERT_TRUE(clear);
                     const bool leaves = clear->operation == seal::ClearOperation::leave;
                     said_.push_back(to.text() + " " + seal::text_of(clear->cookie).substr(0, 2) +
                                     (leaves ? " leaves" : ""));
                   }};
  using Said = std::vector<std::string>;
};

TEST_F(JoiningTest, SaysItToEachEveryFiveSeconds) {
  joining_.tick(1000);
  EXPECT_EQ(said(), (Said{"10.0.0.1:7000 00", "10.0.0.2:7000 00"}));
  joining_.tick(5999);
  EXPECT_EQ(said(), Said{});
  joining_.tick(6000);
  EXPECT_EQ(said().size(), 2u);
}

TEST_F(JoiningTest, ReturnsACookieAtOnceAndFromThenOn) {
  joining_.tick(1000);
  said();
  give_cookie("10.0.0.2:7000", 0xab, 1001);
  EXPECT_EQ(said(), Said{"10.0.0.2:7000 ab"});
  joining_.tick(6000);
  EXPECT_EQ(said(), (Said{"10.0.0.1:7000 00", "10.0.0.2:7000 ab"}));
}

TEST_F(JoiningTest, LeavesThoseThatGaveACookie) {
  joining_.tick(1000);
  give_cookie("10.0.0.2:7000", 0xab, 1001);
  said();
  joining_.leave();
  EXPECT_EQ(said(), Said{"10.0.0.2:7000 ab leaves"});
}

TEST_F(JoiningTest, AnswersNobodyElse) {
  give_cookie("10.0.0.3:7000", 0xab, 1001);
  give_cookie("10.0.0.1:7001", 0xab, 1001);
  joining_.take(seal::write_clear({seal::ClearOperation::subscribe, {}}), at("10.0.0.1:7000"),
                1001);
  joining_.take("\xC5\x9E\x01\x0F", at("10.0.0.1:7000"), 1001);
  EXPECT_EQ(said(), Said{});
}

TEST_F(JoiningTest, AnswersCookiesTwiceASecondAtMost) {
  for (Moment now = 1000; now < 3000; now += 10)
    give_cookie("10.0.0.1:7000", static_cast<unsigned char>(now), now);
  EXPECT_EQ(said().size(), 4u);
}

}  // namespace
}  // namespace reprise::cluster
