#include "shm/histogram.hpp"

#include <gtest/gtest.h>

namespace reprise::shm {
namespace {

TEST(HistogramTest, AnEmptyOneHasNothing) {
  const auto summary = Histogram().summary();
  EXPECT_EQ(summary.count, 0u);
  EXPECT_EQ(summary.p99, 0u);
}

TEST(HistogramTest, WhatIsReadIsEnoughAndAtMostAnEighthTooMuch) {
  for (std::uint64_t value = 1; value < 3'000'000'000; value += value / 7 + 1) {
    Histogram histogram;
    histogram.add(value);
    const std::uint64_t read = histogram.summary().p50;
    EXPECT_GE(read, value);
    EXPECT_LE(read, value + value / 8);
  }
}

TEST(HistogramTest, PercentilesAreThose) {
  Histogram histogram;
  for (std::uint64_t i = 1; i <= 100; ++i)
    histogram.add(i <= 50 ? 5 : i <= 90 ? 100 : 1000);
  const auto summary = histogram.summary();
  EXPECT_EQ(summary.count, 100u);
  EXPECT_EQ(summary.p50, 5u);
  EXPECT_NEAR(static_cast<double>(summary.p90), 100, 13);
  EXPECT_NEAR(static_cast<double>(summary.p99), 1000, 126);
}

TEST(HistogramTest, WhatIsLongerThanAllCountsAsTheLongest) {
  Histogram histogram;
  histogram.add(~std::uint64_t{0});
  EXPECT_EQ(histogram.summary().count, 1u);
  EXPECT_GT(histogram.summary().p50, 3'600'000'000u);
}

}  // namespace
}  // namespace reprise::shm
