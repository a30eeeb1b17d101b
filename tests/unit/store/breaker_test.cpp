#include "store/breaker.hpp"

#include <gtest/gtest.h>

namespace reprise::store {
namespace {

using namespace std::chrono_literals;

class BreakerTest : public ::testing::Test {
protected:
  void fail(int times) {
    for (int i = 0; i < times; ++i)
      breaker.failed(now);
  }
  void advance(std::chrono::milliseconds by) { now += by; }
  // Until it wants a probe, which then ends so.
  std::chrono::milliseconds rest_until_probe(bool in_time) {
    std::chrono::milliseconds rested{0};
    while (!breaker.wants_probe(now)) {
      advance(1ms);
      ++rested;
    }
    breaker.probing();
    breaker.probed(in_time, now);
    return rested;
  }

  Breaker breaker;
  Breaker::Clock::time_point now{};
};

TEST_F(BreakerTest, OpensAfterSomeFailuresInARow) {
  fail(2);
  breaker.succeeded();
  fail(2);
  EXPECT_TRUE(breaker.allows());
  EXPECT_TRUE(breaker.failed(now));
  EXPECT_FALSE(breaker.allows());
  EXPECT_EQ(breaker.state(), BreakerState::open);
  EXPECT_FALSE(breaker.failed(now)) << "it is open already";
}

TEST_F(BreakerTest, WhatIsLeftOfBeforeDoesNotCloseIt) {
  fail(3);
  breaker.succeeded();
  EXPECT_FALSE(breaker.allows());
}

TEST_F(BreakerTest, IsProbedAfterARest) {
  fail(3);
  EXPECT_FALSE(breaker.wants_probe(now));
  advance(100ms);
  EXPECT_TRUE(breaker.wants_probe(now));
  breaker.probing();
  EXPECT_EQ(breaker.state(), BreakerState::half_open);
  EXPECT_FALSE(breaker.allows()) << "nobody waits for a probe";
  EXPECT_FALSE(breaker.wants_probe(now + 1h)) << "one at a time";
  breaker.probed(/*in_time=*/true, now);
  EXPECT_TRUE(breaker.allows());
}

TEST_F(BreakerTest, RestsLongerEachTimeUpToABound) {
  fail(3);
  EXPECT_EQ(rest_until_probe(false), 100ms);
  EXPECT_EQ(rest_until_probe(false), 200ms);
  EXPECT_EQ(rest_until_probe(false), 400ms);
  for (int i = 0; i < 5; ++i)
    rest_until_probe(false);
  EXPECT_EQ(rest_until_probe(true), 3000ms);
  fail(3);
  EXPECT_EQ(rest_until_probe(true), 100ms) << "closed, it forgets";
}

}  // namespace
}  // namespace reprise::store
