#include "cluster/replay_window.hpp"

#include <random>
#include <set>

#include <gtest/gtest.h>

namespace reprise::cluster {
namespace {

using Verdict = ReplayWindow::Verdict;

TEST(ReplayWindowTest, EachCounterIsFreshOnce) {
  ReplayWindow window;
  for (const std::uint64_t counter : {1, 3, 2, 4096, 5000, 4999}) {
    EXPECT_EQ(window.judge(counter), Verdict::fresh) << counter;
    window.mark(counter);
    EXPECT_EQ(window.judge(counter), Verdict::seen) << counter;
  }
  EXPECT_EQ(window.judge(904), Verdict::too_old);
  EXPECT_EQ(window.judge(905), Verdict::fresh);
  window.mark(1'000'000);
  EXPECT_EQ(window.judge(5000), Verdict::too_old);
  EXPECT_EQ(window.judge(999'999), Verdict::fresh);
}

TEST(ReplayWindowTest, WhatIsForgottenCountsAsSeen) {
  ReplayWindow window;
  window.mark(10);
  window.forget_until(8);
  EXPECT_EQ(window.judge(8), Verdict::seen);
  EXPECT_EQ(window.judge(9), Verdict::fresh);
  window.forget_until(500);
  EXPECT_EQ(window.judge(9), Verdict::seen);
  EXPECT_EQ(window.judge(500), Verdict::seen);
  EXPECT_EQ(window.judge(501), Verdict::fresh);
}

// Against a set that remembers everything.
TEST(ReplayWindowTest, NothingPassesTwiceWhateverTheOrder) {
  std::mt19937_64 random(7);
  ReplayWindow window;
  std::set<std::uint64_t> passed;
  std::uint64_t newest = 1;
  for (int i = 0; i < 300'000; ++i) {
    if (random() % 1000 == 0) newest += random() % 6000;
    newest += random() % 3;
    const std::uint64_t counter = newest - std::min<std::uint64_t>(newest - 1, random() % 5000);
    const Verdict verdict = window.judge(counter);
    if (verdict == Verdict::fresh) {
      ASSERT_TRUE(passed.insert(counter).second) << counter;
      window.mark(counter);
    } else if (verdict == Verdict::seen) {
      ASSERT_TRUE(passed.contains(counter)) << counter;
    } else {
      ASSERT_GE(window.newest() - counter, ReplayWindow::size);
    }
  }
}

}  // namespace
}  // namespace reprise::cluster
