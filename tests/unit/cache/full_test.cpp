#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "harness.hpp"

namespace reprise::cache {
namespace {

class FullCacheTest : public CacheTest {};

TEST_F(FullCacheTest, HoldsOneItemLessThanItSays) {
  fill(0, 99);
  EXPECT_EQ(set("one more", "v"), SetResult::full);
  EXPECT_EQ(cache().counts().full, 1u);
  EXPECT_EQ(update(name(0), "replaced"), SetResult::stored) << "an update needs no place";
  cache().erase(name(5));
  EXPECT_EQ(set("one more", "v"), SetResult::stored);
  EXPECT_EQ(set("too many", "v"), SetResult::full);
}

TEST_F(FullCacheTest, WhatMayOnlyHaveFreeRoomTakesNobodyElses) {
  for (const auto eviction : {Eviction::oldest, Eviction::least_recently_used}) {
    settings_.eviction = eviction;
    settings_.clear_on_full = true;
    cache_.reset();
    fill(0, 98);
    EXPECT_EQ(set("short", "v", 5), SetResult::stored);
    EXPECT_EQ(cache().set_if_free("new", "v", 0, now_), SetResult::full);
    EXPECT_EQ(cache().counts().full, 0u);
    EXPECT_EQ(cache().counts().items, 99u);
    now_ += 5;
    EXPECT_EQ(cache().set_if_free("new", "v", 0, now_), SetResult::stored) << "the expired one's";
    EXPECT_EQ(cache().set_if_free("new", "w", 0, now_), SetResult::exists);
    EXPECT_EQ(cache().set_if_free("newer", "v", 0, now_), SetResult::full);
    EXPECT_EQ(get("new"), "v");
    EXPECT_EQ(cache().verify(), "");
  }
}

TEST_F(FullCacheTest, EvenWithManyShardsTheLimitIsExact) {
  settings_.max_items = 20000;
  int stored = 0;
  for (int i = 0; i < 25000; ++i)
    stored += set(name(i), "v") == SetResult::stored ? 1 : 0;
  EXPECT_EQ(stored, 19999);
  EXPECT_EQ(cache().counts().items, 19999u);
  EXPECT_EQ(cache().counts().full, 5001u);
}

TEST_F(FullCacheTest, AFullSessionCacheMakesRoomOldestFirst) {
  settings_.eviction = Eviction::oldest;
  fill(0, 99);
  EXPECT_EQ(set("new", "v"), SetResult::stored);
  EXPECT_EQ(get(name(0)), "(none)");
  EXPECT_EQ(get(name(1)), "v");
  EXPECT_EQ(get("new"), "v");
  EXPECT_EQ(cache().counts().evicted, 1u);
  EXPECT_EQ(cache().counts().full, 1u);
  EXPECT_EQ(cache().counts().items, 99u);
}

TEST_F(FullCacheTest, AFullSessionCacheTakesTheExpiredBeforeTheOldest) {
  settings_.eviction = Eviction::oldest;
  fill(0, 98);
  set("short", "v", 5);
  now_ += 5;
  EXPECT_EQ(set("new", "v"), SetResult::stored);
  EXPECT_EQ(get(name(0)), "v");
  EXPECT_EQ(cache().counts().evicted, 0u);
}

TEST_F(FullCacheTest, AFullSessionCacheOfManyShardsNeverRefuses) {
  settings_.eviction = Eviction::oldest;
  settings_.max_items = 5000;
  for (int i = 0; i < 20000; ++i)
    ASSERT_EQ(set(name(i), "v", 300), SetResult::stored) << i;
  EXPECT_EQ(cache().counts().items, 4999u);
  EXPECT_EQ(get(name(19999)), "v");
}

TEST_F(FullCacheTest, ATinyCacheWorks) {
  settings_.max_items = 2;
  settings_.eviction = Eviction::oldest;
  EXPECT_EQ(set("a", "1"), SetResult::stored);
  EXPECT_EQ(set("b", "2"), SetResult::stored);
  EXPECT_EQ(get("a"), "(none)");
  EXPECT_EQ(get("b"), "2");
}

TEST_F(FullCacheTest, ACacheOfOneSlotHoldsNothing) {
  settings_.max_items = 1;
  EXPECT_EQ(set("a", "1"), SetResult::full);
}

TEST_F(FullCacheTest, ExpiredItemsOfAnyShardMakeRoomWhereNothingElseMay) {
  settings_.max_items = 20000;
  fill(0, 10, 5);
  fill(10, 19999);
  now_ += 5;
  for (int i = 0; i < 10; ++i)
    ASSERT_EQ(set("new" + name(i), "v"), SetResult::stored);
  EXPECT_EQ(set("too many", "v"), SetResult::full);
  EXPECT_EQ(cache().counts().full, 1u);
}

TEST_F(FullCacheTest, TheLimitHoldsWhenAnUpdateIsMade) {
  fill(0, 99);
  for (int i = 0; i < 300; ++i)
    ASSERT_EQ(update(name(i % 99), "again"), SetResult::stored);
  EXPECT_EQ(cache().counts().items, 99u);
  EXPECT_EQ(set("too many", "v"), SetResult::full);
}

TEST_F(FullCacheTest, PurgesTheLeastRecentlyUsed) {
  settings_.eviction = Eviction::least_recently_used;
  settings_.max_items = 4;
  set("a", "1");
  set("b", "2");
  set("c", "3");
  get("a");           // used
  update("b", "2b");  // used
  cache().exists("c", now_);
  set("d", "4");
  EXPECT_EQ(get("c"), "(none)") << "exists is no use";
  set("e", "5");
  EXPECT_EQ(get("a"), "(none)");
  EXPECT_EQ(get("b"), "2b");
  EXPECT_EQ(cache().counts().full, 2u);
  EXPECT_EQ(cache().counts().items, 3u);
  EXPECT_EQ(cache().counts().evicted, 2u);
}

// The original's list, to compare with: gets and updates move to the tail, the head goes.
TEST_F(FullCacheTest, PurgesInTheOriginalsOrder) {
  settings_.eviction = Eviction::least_recently_used;
  settings_.max_items = 1000;
  settings_.ignore_full = true;
  std::vector<std::string> order;
  std::uint32_t random = 1;
  const auto pick = [&random](std::uint32_t n) {
    random = random * 1664525 + 1013904223;
    return (random >> 8) % n;
  };
  for (int i = 0; i < 20000; ++i) {
    const std::string key = name(static_cast<int>(pick(1500)));
    const auto at = std::find(order.begin(), order.end(), key);
    const bool there = at != order.end();
    if (pick(2) == 0) {
      ASSERT_EQ(get(key) != "(none)", there) << i;
      if (there) std::rotate(at, at + 1, order.end());
    } else {
      ASSERT_EQ(update(key, "v"), SetResult::stored);
      if (there) {
        std::rotate(at, at + 1, order.end());
      } else {
        if (order.size() == 999) order.erase(order.begin());
        order.push_back(key);
      }
    }
  }
}

TEST_F(FullCacheTest, ALargeLruCacheOfManyShardsNeverRefuses) {
  settings_.eviction = Eviction::least_recently_used;
  settings_.max_items = 10000;
  settings_.ignore_full = true;
  for (int i = 0; i < 30000; ++i) {
    ASSERT_EQ(set(name(i), "v"), SetResult::stored) << i;
    ASSERT_EQ(get(name(0)), "v") << "always the one used last";
  }
  EXPECT_EQ(cache().counts().items, 9999u);
}

TEST_F(FullCacheTest, SweepsWhenFullAtMostOnceInAWhile) {
  settings_.sweep_on_full = std::chrono::seconds(10);
  fill(0, 50, 5);
  fill(50, 99);
  now_ += 5;
  EXPECT_EQ(set("new", "v"), SetResult::stored);
  EXPECT_EQ(cache().counts().items, 50u) << "all 50 expired ones are gone";
  EXPECT_EQ(cache().counts().full, 1u) << "it was full, as the original counts";
  fill(100, 149, 1);
  now_ += 2;
  EXPECT_EQ(set("next", "v"), SetResult::stored);
  EXPECT_EQ(cache().counts().items, 99u) << "too early to sweep: one expired item made room";
  now_ += 10;
  EXPECT_EQ(set("last", "v"), SetResult::stored);
  EXPECT_EQ(cache().counts().items, 52u);
}

TEST_F(FullCacheTest, ClearsWhenFull) {
  settings_.clear_on_full = true;
  fill(0, 99);
  EXPECT_EQ(set("new", "v"), SetResult::stored);
  EXPECT_EQ(cache().counts().items, 1u);
  EXPECT_EQ(cache().counts().full, 1u);
}

TEST_F(FullCacheTest, DoesNotClearWhatASweepMadeUnnecessary) {
  settings_.clear_on_full = true;
  settings_.sweep_on_full = std::chrono::seconds(1);
  fill(0, 98);
  set("short", "v", 1);
  now_ += 1;
  EXPECT_EQ(set("new", "v"), SetResult::stored);
  EXPECT_EQ(cache().counts().items, 99u);
}

TEST_F(FullCacheTest, IgnoreFullCountsAndIsSilent) {
  for (const bool ignore : {false, true}) {
    settings_.ignore_full = ignore;
    cache_.reset();
    fill(0, 99);
    testing::internal::CaptureStderr();
    EXPECT_EQ(set("new", "v"), SetResult::full);
    const std::string said = testing::internal::GetCapturedStderr();
    EXPECT_EQ(said.empty(), ignore) << said;
    EXPECT_EQ(cache().counts().full, 1u);
  }
}

TEST_F(FullCacheTest, SaysFullOnceASecond) {
  fill(0, 99);
  testing::internal::CaptureStderr();
  for (int i = 0; i < 10; ++i)
    set("a" + name(i), "v");
  now_ += 1;
  for (int i = 0; i < 10; ++i)
    set("b" + name(i), "v");
  const std::string said = testing::internal::GetCapturedStderr();
  EXPECT_EQ(std::count(said.begin(), said.end(), '\n'), 2) << said;
  EXPECT_NE(said.find("*** DANGER cache \"default\" is FULL !!! ***"), std::string::npos);
  EXPECT_EQ(cache().counts().full, 20u);
}

class BitmapTest : public CacheTest {
protected:
  BitmapTest() {
    settings_.bitmap = true;
    settings_.max_items = 11;
    settings_.blocks = 20;
    settings_.blocksize = 1000;
  }
  std::string value(std::size_t blocks) { return std::string(blocks * 1000, 'v'); }
};

TEST_F(BitmapTest, AValueMayTakeAllBlocks) {
  EXPECT_EQ(set("k", value(20)), SetResult::stored);
  EXPECT_EQ(get("k"), value(20));
  EXPECT_EQ(set("l", "v"), SetResult::full);
  EXPECT_EQ(update("k", value(20) + "v"), SetResult::invalid);
}

TEST_F(BitmapTest, BlocksAreCountedInWhole) {
  EXPECT_EQ(set("a", value(9) + "v"), SetResult::stored);  // 10
  EXPECT_EQ(set("b", value(9) + "v"), SetResult::stored);  // 20
  EXPECT_EQ(set("c", "v"), SetResult::full);
  EXPECT_EQ(update("a", value(9)), SetResult::stored);
  EXPECT_EQ(set("c", "v"), SetResult::stored);
  EXPECT_EQ(update("a", value(10)), SetResult::full);
  EXPECT_EQ(get("a"), value(9)) << "an update that fails changes nothing";
  EXPECT_TRUE(cache().erase("b"));
  EXPECT_EQ(update("a", value(10)), SetResult::stored);
}

TEST_F(BitmapTest, EvictsAsMuchAsAValueNeeds) {
  settings_.eviction = Eviction::least_recently_used;
  for (int i = 0; i < 10; ++i)
    set(name(i), value(2));
  EXPECT_EQ(set("large", value(15)), SetResult::stored);
  EXPECT_EQ(cache().counts().items, 3u);
  EXPECT_EQ(get(name(9)), value(2));
  EXPECT_EQ(update("large", value(20)), SetResult::stored);
  EXPECT_EQ(cache().counts().items, 1u);
}

TEST_F(BitmapTest, ManyShardsShareTheBlocks) {
  settings_.max_items = settings_.blocks = 2000;
  settings_.blocksize = 100;
  settings_.eviction = Eviction::oldest;
  settings_.ignore_full = true;
  for (int i = 0; i < 200; ++i) {
    const std::string large(static_cast<std::size_t>(100 * (1 + i % 500)), 'x');
    ASSERT_EQ(set(name(i), large), SetResult::stored) << i;
    ASSERT_EQ(get(name(i)), large);
  }
  EXPECT_LE(cache().counts().used_bytes, 2000u * 100 * 2);
}

}  // namespace
}  // namespace reprise::cache
