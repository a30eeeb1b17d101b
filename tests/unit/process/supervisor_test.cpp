#include "process/supervisor.hpp"

#include <gtest/gtest.h>

namespace reprise::process {
namespace {

using namespace std::chrono_literals;

class SupervisorTest : public testing::Test {
protected:
  void start(std::size_t place) { supervisor_.started(place, next_pid_++, now_); }
  void die(std::size_t place) {
    ASSERT_EQ(supervisor_.ended(supervisor_.pid(place), now_), std::optional(place));
  }
  void live(Supervisor::Clock::duration time) { now_ += time; }
  // Starts, dies at once, and tells how long the next start has to wait.
  Supervisor::Clock::duration delay_after_death(std::size_t place) {
    live(supervisor_.until_due(now_).value_or(0s));
    start(place);
    die(place);
    return supervisor_.until_due(now_).value();
  }

  Supervisor supervisor_{2};
  Supervisor::Clock::time_point now_{1h};
  pid_t next_pid_ = 100;
};

TEST_F(SupervisorTest, APlaceThatRestsIsNotDue) {
  supervisor_.rest(0);
  EXPECT_EQ(supervisor_.due(now_), std::optional<std::size_t>(1));
  start(1);
  EXPECT_EQ(supervisor_.due(now_), std::nullopt);
  EXPECT_EQ(supervisor_.until_due(now_), std::nullopt);
  supervisor_.rest(1);
  die(1);
  EXPECT_EQ(supervisor_.due(now_), std::nullopt);
  supervisor_.wake(0);
  EXPECT_EQ(supervisor_.due(now_), std::optional<std::size_t>(0));
  EXPECT_TRUE(supervisor_.rests(1));
}

TEST_F(SupervisorTest, EveryPlaceIsDueAtTheBeginning) {
  EXPECT_EQ(supervisor_.due(now_), 0u);
  start(0);
  EXPECT_EQ(supervisor_.due(now_), 1u);
  start(1);
  EXPECT_EQ(supervisor_.due(now_), std::nullopt);
  EXPECT_EQ(supervisor_.until_due(now_), std::nullopt);
}

TEST_F(SupervisorTest, ReplacesAChildThatLivedAtOnce) {
  start(0);
  start(1);
  live(30s);
  die(1);
  EXPECT_EQ(supervisor_.due(now_), 1u);
  EXPECT_EQ(supervisor_.starts(1), 1u);
}

TEST_F(SupervisorTest, WaitsLongerForAChildThatKeepsDyingYoung) {
  start(1);
  EXPECT_EQ(delay_after_death(0), 0ms);
  EXPECT_EQ(delay_after_death(0), 100ms);
  EXPECT_EQ(delay_after_death(0), 200ms);
  EXPECT_EQ(delay_after_death(0), 400ms);
  for (int i = 0; i < 20; ++i)
    EXPECT_LE(delay_after_death(0), 5s);
  EXPECT_EQ(delay_after_death(0), 5s);
}

TEST_F(SupervisorTest, AnOrderlyEndIsNoDeath) {
  start(1);
  for (int i = 0; i < 5; ++i) {
    start(0);
    EXPECT_EQ(supervisor_.ended(supervisor_.pid(0), now_, /*orderly=*/true), 0u);
    EXPECT_EQ(supervisor_.due(now_), 0u);
  }
}

TEST_F(SupervisorTest, ALongLifeForgivesEarlyDeaths) {
  start(1);
  for (int i = 0; i < 5; ++i)
    delay_after_death(0);
  live(10s);
  start(0);
  live(11s);
  die(0);
  EXPECT_EQ(supervisor_.until_due(now_), 0s);
}

TEST_F(SupervisorTest, AFailedForkWaits) {
  start(1);
  supervisor_.failed(0, now_);
  EXPECT_EQ(supervisor_.due(now_), std::nullopt);
  EXPECT_EQ(supervisor_.until_due(now_), 100ms);
}

TEST_F(SupervisorTest, AStrangersPidIsNobodys) {
  start(0);
  EXPECT_EQ(supervisor_.ended(99999, now_), std::nullopt);
  EXPECT_EQ(supervisor_.ended(0, now_), std::nullopt);
  EXPECT_TRUE(supervisor_.any_running());
}

}  // namespace
}  // namespace reprise::process
