#include "application/spare_workers.hpp"

#include <gtest/gtest.h>

namespace reprise::application {
namespace {

using namespace std::chrono_literals;

class SpareWorkersTest : public testing::Test {
protected:
  // Looks each second, for so long; the sum of what is wanted.
  int look(std::chrono::seconds time, std::size_t running, std::size_t busy) {
    int change = 0;
    for (const auto end = now_ + time; now_ < end; now_ += 1s)
      change += spare_.look(running, busy, now_);
    return change;
  }

  SpareWorkers spare_{{.least = 2, .initial = 0, .step = 3, .overload = 3s}, 6};
  SpareWorkers::Clock::time_point now_{1h};
};

TEST_F(SpareWorkersTest, BeginsWithTheLeastOrMore) {
  EXPECT_EQ(spare_.first(), 2u);
  EXPECT_EQ(SpareWorkers({.least = 2, .initial = 4}, 6).first(), 4u);
  EXPECT_EQ(SpareWorkers({.least = 2, .initial = 9}, 6).first(), 6u);
  EXPECT_EQ(SpareWorkers({.least = 4, .initial = 1}, 6).first(), 4u);
}

TEST_F(SpareWorkersTest, StartsMoreWhenAllHaveBeenBusyForAWhile) {
  EXPECT_EQ(look(3s, 2, 2), 0);
  EXPECT_EQ(look(1s, 2, 2), 3);
  EXPECT_EQ(look(2s, 5, 5), 0) << "the new ones have their time";
  EXPECT_EQ(look(1s, 5, 5), 1) << "there are no more places";
  EXPECT_EQ(look(20s, 6, 6), 0);
}

TEST_F(SpareWorkersTest, AShortRushIsNothing) {
  EXPECT_EQ(look(3s, 2, 2), 0);
  EXPECT_EQ(look(1s, 2, 1), 0);
  EXPECT_EQ(look(3s, 2, 2), 0);
}

TEST_F(SpareWorkersTest, EndsOneAtATimeDownToTheLeast) {
  EXPECT_EQ(look(3s, 4, 1), 0);
  EXPECT_EQ(look(1s, 4, 1), -1);
  EXPECT_EQ(look(2s, 3, 2), 0);
  EXPECT_EQ(look(1s, 3, 2), -1);
  EXPECT_EQ(look(20s, 2, 0), 0);
}

TEST_F(SpareWorkersTest, NobodyEndsWhileAllAreBusyNowAndThen) {
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(look(2s, 4, 3), 0);
    EXPECT_EQ(look(1s, 4, 4), 0);
  }
}

}  // namespace
}  // namespace reprise::application
