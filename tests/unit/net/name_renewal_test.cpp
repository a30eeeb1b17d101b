#include "net/name_renewal.hpp"

#include <atomic>
#include <stdexcept>
#include <thread>

#include <gtest/gtest.h>

namespace reprise::net {
namespace {

using std::chrono::seconds;

Endpoint at(const std::string& address) {
  return resolve(address, Role::connect);
}

class NameRenewalTest : public ::testing::Test {
protected:
  // The answer of the thread that the last look began.
  std::optional<Endpoint> answer() {
    for (int i = 0; i < 1000; ++i) {
      if (const auto found = renewal_.look(now_)) return found;
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return std::nullopt;
  }

  std::shared_ptr<std::atomic<int>> asked_ = std::make_shared<std::atomic<int>>(0);
  std::shared_ptr<std::atomic<bool>> fails_ = std::make_shared<std::atomic<bool>>(false);
  NameRenewal::Clock::time_point now_{seconds(1000)};
  NameRenewal renewal_{"app.test:80", now_, [asked = asked_, fails = fails_](const std::string&) {
                         ++*asked;
                         if (*fails) throw std::runtime_error("no answer");
                         return at("192.0.2.7:80");
                       }};
};

TEST_F(NameRenewalTest, AsksWhenItIsTime) {
  EXPECT_FALSE(renewal_.look(now_ + NameRenewal::period - seconds(1)));
  EXPECT_EQ(*asked_, 0);
  now_ += NameRenewal::period;
  EXPECT_FALSE(renewal_.look(now_));
  EXPECT_EQ(answer(), at("192.0.2.7:80"));
  EXPECT_FALSE(renewal_.look(now_));
  EXPECT_EQ(*asked_, 1);
}

TEST_F(NameRenewalTest, MayBeHurried) {
  renewal_.hurry();
  EXPECT_EQ(answer(), at("192.0.2.7:80"));
}

TEST_F(NameRenewalTest, NoAnswerChangesNothing) {
  *fails_ = true;
  renewal_.hurry();
  renewal_.look(now_);
  while (*asked_ == 0)
    std::this_thread::yield();
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_FALSE(renewal_.look(now_));
  EXPECT_FALSE(renewal_.look(now_));
}

}  // namespace
}  // namespace reprise::net
