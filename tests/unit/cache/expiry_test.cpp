#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "harness.hpp"

namespace reprise::cache {
namespace {

class ExpiryTest : public CacheTest {};

TEST_F(ExpiryTest, ExpiredItemsAreNeverReturned) {
  set("key", "value", 10);
  now_ += 9;
  EXPECT_EQ(get("key"), "value");
  now_ += 1;
  EXPECT_EQ(get("key"), "(none)");
  EXPECT_EQ(why_, Miss::expired);
  EXPECT_FALSE(cache().exists("key", now_));
  EXPECT_EQ(cache().counts().items, 1u) << "until it is swept";
}

TEST_F(ExpiryTest, AnExpiredItemDoesNotStandInTheWayOfASet) {
  set("key", "old", 10);
  now_ += 10;
  EXPECT_EQ(set("key", "new"), SetResult::stored);
  EXPECT_EQ(get("key"), "new");
  EXPECT_EQ(cache().counts().items, 1u);
}

TEST_F(ExpiryTest, UpdateWithoutExpiryMakesImmortal) {
  set("key", "value", 10);
  update("key", "value");
  now_ += 1000;
  EXPECT_EQ(get("key"), "value");
}

TEST_F(ExpiryTest, SweepsWhatHasExpiredAndNothingElse) {
  settings_.max_items = 5000;
  fill(0, 1000, 5);
  fill(1000, 2000, 50);
  fill(2000, 3000);
  EXPECT_EQ(cache().sweep(now_, 10000).freed, 0u);
  now_ += 5;
  EXPECT_EQ(cache().sweep(now_, 10000).freed, 1000u);
  EXPECT_EQ(cache().counts().items, 2000u);
  EXPECT_EQ(cache().counts().expired, 1000u);
  now_ += 1000;
  EXPECT_EQ(cache().sweep(now_, 10000).freed, 1000u);
  EXPECT_EQ(get(name(2500)), "v");
}

TEST_F(ExpiryTest, ASliceEndsAtItsBudget) {
  fill(0, 90, 5);
  now_ += 5;
  const SweepSlice first = cache().sweep(now_, 30);
  EXPECT_EQ(first.freed, 30u);
  EXPECT_FALSE(first.finished);
  const SweepSlice rest = cache().sweep(now_, 1000);
  EXPECT_EQ(rest.freed, 60u);
  EXPECT_TRUE(rest.finished);
}

TEST_F(ExpiryTest, ItemsOfOtherNodesExpireLikeLocalOnes) {
  // In the original they are swept only after a local set with an expiry, and fill a node for good.
  settings_.max_items = 20;
  for (int i = 0; i < 19; ++i) {
    ASSERT_EQ(cache().set(name(i), "v", now_ + 2, now_, item_flags::from_peer), SetResult::stored);
  }
  EXPECT_EQ(set("local", "v"), SetResult::full);
  now_ += 2;
  EXPECT_EQ(get(name(3)), "(none)");
  EXPECT_EQ(cache().sweep(now_, 100).freed, 19u);
  EXPECT_EQ(set("local", "v"), SetResult::stored);
}

TEST_F(ExpiryTest, ALookupRemovesWhatHasExpiredInALazyCache) {
  settings_.expiring = Expiring::lookups;
  settings_.last_modified = true;
  fill(0, 3, 5);
  now_ += 5;
  EXPECT_EQ(cache().counts().items, 3u);
  EXPECT_EQ(get(name(0)), "(none)");
  EXPECT_EQ(why_, Miss::expired);
  EXPECT_EQ(cache().counts().items, 2u);
  EXPECT_EQ(cache().counts().last_modified_at, now_);
  EXPECT_FALSE(cache().exists(name(1), now_));
  EXPECT_EQ(cache().counts().items, 1u);
  EXPECT_EQ(cache().counts().expired, 2u);
  EXPECT_EQ(cache().counts().miss, 1u) << "of get alone";
}

TEST_F(ExpiryTest, NothingExpiresInACacheThatPurges) {
  settings_.eviction = Eviction::least_recently_used;
  settings_.expiring = Expiring::off;
  set("key", "value", 2);
  now_ += 1000;
  EXPECT_EQ(get("key"), "value");
  EXPECT_EQ(cache().sweep(now_, 10).freed, 0u);
}

TEST_F(ExpiryTest, AnExpiryInThePastIsOneAtOnce) {
  EXPECT_EQ(cache().set("key", "value", now_ - 5, now_), SetResult::stored);
  EXPECT_EQ(get("key"), "(none)");
  EXPECT_EQ(cache().sweep(now_, 10).freed, 1u);
}

TEST_F(ExpiryTest, TheLongestHoldIsKept) {
  EXPECT_EQ(cache().counts().longest_hold_us, 0u);
  set("key", std::string(60000, 'v'), 5);
  now_ += 5;
  cache().sweep(now_, 1000);
  EXPECT_GT(cache().counts().longest_hold_us, 0u);
  EXPECT_LT(cache().counts().longest_hold_us, 10'000'000u);
}

}  // namespace
}  // namespace reprise::cache
