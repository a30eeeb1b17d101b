#include "cache/cache.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "cache/caches.hpp"

namespace reprise::cache {
namespace {

class CacheTest : public testing::Test {
protected:
  CacheTest() { settings_.max_items = 100; }
  ~CacheTest() override {
    if (cache_) {
      EXPECT_EQ(cache_->verify(), "");
    }
  }
  Cache& cache() {
    if (!cache_) cache_ = Cache::create(settings_);
    return *cache_;
  }
  SetResult set(Bytes key, Bytes value, std::uint64_t lasts = 0) {
    return cache().set(key, value, lasts == 0 ? 0 : now_ + lasts, now_);
  }
  SetResult update(Bytes key, Bytes value, std::uint64_t lasts = 0) {
    return cache().update(key, value, lasts == 0 ? 0 : now_ + lasts, now_);
  }
  std::string get(Bytes key) {
    const auto item = cache().get(key, now_, &why_);
    return item ? item->value : "(none)";
  }
  void fill(int from, int to, std::uint64_t lasts = 0) {
    for (int i = from; i < to; ++i) ASSERT_EQ(set(name(i), "v", lasts), SetResult::stored) << i;
  }
  static std::string name(int i) { return "key-" + std::to_string(i); }

  Settings settings_;
  std::unique_ptr<Cache> cache_;
  UnixSeconds now_ = 1'000'000;
  Miss why_ = Miss::unknown;
};

TEST_F(CacheTest, GivesBackWhatWasSet) {
  EXPECT_EQ(set("key", "value"), SetResult::stored);
  EXPECT_EQ(get("key"), "value");
  EXPECT_EQ(get("kez"), "(none)");
  EXPECT_EQ(why_, Miss::unknown);
  const Counts counts = cache().counts();
  EXPECT_EQ(counts.items, 1u);
  EXPECT_EQ(counts.hits, 1u);
  EXPECT_EQ(counts.miss, 1u);
}

TEST_F(CacheTest, ValuesOfEverySizeComeBackWhole) {
  settings_.blocksize = 5000;
  for (std::size_t size = 1; size <= 5000; size += size < 300 ? 1 : 97) {
    std::string value(size, '\0');
    for (std::size_t i = 0; i < size; ++i) value[i] = static_cast<char>(i * 7 + size);
    ASSERT_EQ(update("k", value), SetResult::stored);
    ASSERT_EQ(get("k"), value) << size;
  }
  EXPECT_EQ(cache().counts().items, 1u);
}

TEST_F(CacheTest, RefusesWhatTheRulesForbidAndCountsNothing) {
  settings_.keysize = 10;
  settings_.blocksize = 20;
  EXPECT_EQ(set("", "v"), SetResult::invalid);
  EXPECT_EQ(set("k", ""), SetResult::invalid);
  EXPECT_EQ(set("12345678901", "v"), SetResult::invalid);
  EXPECT_EQ(set("k", std::string(21, 'v')), SetResult::invalid);
  EXPECT_EQ(set("1234567890", std::string(20, 'v')), SetResult::stored);
  EXPECT_EQ(cache().counts().full, 0u);
}

TEST_F(CacheTest, SetDoesNotReplaceButUpdateDoes) {
  set("key", "one");
  EXPECT_EQ(set("key", "two"), SetResult::exists);
  EXPECT_EQ(get("key"), "one");
  EXPECT_EQ(update("key", "three"), SetResult::stored);
  EXPECT_EQ(get("key"), "three");
  EXPECT_EQ(cache().counts().items, 1u);
}

TEST_F(CacheTest, ExpiredItemsAreNeverReturned) {
  set("key", "value", 10);
  now_ += 9;
  EXPECT_EQ(get("key"), "value");
  now_ += 1;
  EXPECT_EQ(get("key"), "(none)");
  EXPECT_EQ(why_, Miss::expired);
  EXPECT_FALSE(cache().exists("key", now_));
  EXPECT_EQ(cache().counts().items, 1u) << "until it is swept";
}

TEST_F(CacheTest, AnExpiredItemDoesNotStandInTheWayOfASet) {
  set("key", "old", 10);
  now_ += 10;
  EXPECT_EQ(set("key", "new"), SetResult::stored);
  EXPECT_EQ(get("key"), "new");
  EXPECT_EQ(cache().counts().items, 1u);
}

TEST_F(CacheTest, UpdateWithoutExpiryMakesImmortal) {
  set("key", "value", 10);
  update("key", "value");
  now_ += 1000;
  EXPECT_EQ(get("key"), "value");
}

TEST_F(CacheTest, SweepsWhatHasExpiredAndNothingElse) {
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

TEST_F(CacheTest, ASliceEndsAtItsBudget) {
  fill(0, 90, 5);
  now_ += 5;
  const SweepSlice first = cache().sweep(now_, 30);
  EXPECT_EQ(first.freed, 30u);
  EXPECT_FALSE(first.finished);
  const SweepSlice rest = cache().sweep(now_, 1000);
  EXPECT_EQ(rest.freed, 60u);
  EXPECT_TRUE(rest.finished);
}

TEST_F(CacheTest, HoldsOneItemLessThanItSays) {
  fill(0, 99);
  EXPECT_EQ(set("one more", "v"), SetResult::full);
  EXPECT_EQ(cache().counts().full, 1u);
  EXPECT_EQ(update(name(0), "replaced"), SetResult::stored) << "an update needs no place";
  cache().erase(name(5));
  EXPECT_EQ(set("one more", "v"), SetResult::stored);
  EXPECT_EQ(set("too many", "v"), SetResult::full);
}

TEST_F(CacheTest, EvenWithManyShardsTheLimitIsExact) {
  settings_.max_items = 20000;
  int stored = 0;
  for (int i = 0; i < 25000; ++i) stored += set(name(i), "v") == SetResult::stored ? 1 : 0;
  EXPECT_EQ(stored, 19999);
  EXPECT_EQ(cache().counts().items, 19999u);
  EXPECT_EQ(cache().counts().full, 5001u);
}

TEST_F(CacheTest, AFullSessionCacheMakesRoomOldestFirst) {
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

TEST_F(CacheTest, AFullSessionCacheTakesTheExpiredBeforeTheOldest) {
  settings_.eviction = Eviction::oldest;
  fill(0, 98);
  set("short", "v", 5);
  now_ += 5;
  EXPECT_EQ(set("new", "v"), SetResult::stored);
  EXPECT_EQ(get(name(0)), "v");
  EXPECT_EQ(cache().counts().evicted, 0u);
}

TEST_F(CacheTest, AFullSessionCacheOfManyShardsNeverRefuses) {
  settings_.eviction = Eviction::oldest;
  settings_.max_items = 5000;
  for (int i = 0; i < 20000; ++i) ASSERT_EQ(set(name(i), "v", 300), SetResult::stored) << i;
  EXPECT_EQ(cache().counts().items, 4999u);
  EXPECT_EQ(get(name(19999)), "v");
}

TEST_F(CacheTest, ATinyCacheWorks) {
  settings_.max_items = 2;
  settings_.eviction = Eviction::oldest;
  EXPECT_EQ(set("a", "1"), SetResult::stored);
  EXPECT_EQ(set("b", "2"), SetResult::stored);
  EXPECT_EQ(get("a"), "(none)");
  EXPECT_EQ(get("b"), "2");
}

TEST_F(CacheTest, ACacheOfOneSlotHoldsNothing) {
  settings_.max_items = 1;
  EXPECT_EQ(set("a", "1"), SetResult::full);
}

TEST_F(CacheTest, EraseAndClear) {
  fill(0, 50);
  EXPECT_TRUE(cache().erase(name(7)));
  EXPECT_FALSE(cache().erase(name(7)));
  EXPECT_EQ(get(name(7)), "(none)");
  EXPECT_EQ(cache().counts().items, 49u);
  cache().clear();
  EXPECT_EQ(cache().counts().items, 0u);
  fill(0, 99);
}

TEST_F(CacheTest, LastModifiedOnlyIfAskedFor) {
  set("key", "value");
  EXPECT_EQ(cache().counts().last_modified_at, 0u);
  cache_.reset();
  settings_.last_modified = true;
  set("key", "value");
  EXPECT_EQ(cache().counts().last_modified_at, now_);
  now_ += 5;
  set("key", "fails, and counts all the same");
  EXPECT_EQ(cache().counts().last_modified_at, now_);
}

TEST_F(CacheTest, ASuccessorTakesOverItemsAndCounters) {
  set("key", "value", 100);
  get("key");
  auto next = Cache::adopt(settings_, UniqueFd(::dup(cache().region_fd())));
  ASSERT_TRUE(next);
  EXPECT_TRUE(next->get("key", now_));
  EXPECT_EQ(next->counts().hits, 2u);
  settings_.blocksize = 4096;
  EXPECT_FALSE(Cache::adopt(settings_, UniqueFd(::dup(cache().region_fd()))));
}

TEST_F(CacheTest, WhatIsNoCacheIsNotTakenOver) {
  EXPECT_FALSE(Cache::adopt(settings_, UniqueFd(::open("/dev/null", O_RDONLY))));
}

TEST_F(CacheTest, TenMillionItemsCostNothingBeforeTheyAreThere) {
  settings_.max_items = 10'000'000;
  settings_.blocksize = 4096;
  settings_.keysize = 128;
  EXPECT_EQ(set("key", "value"), SetResult::stored);
  EXPECT_EQ(get("key"), "value");
  cache_.reset();   // verifying walks nothing much, and the region goes away at once
}

TEST_F(CacheTest, AbsurdSizesAreRefused) {
  settings_.max_items = 0;
  EXPECT_THROW(cache(), std::invalid_argument);
  settings_.max_items = ~0ull;
  EXPECT_THROW(cache(), std::invalid_argument);
  settings_.max_items = 10;
  settings_.keysize = 70000;
  EXPECT_THROW(cache(), std::invalid_argument);
}

TEST_F(CacheTest, ThreadsSeeWholeValuesOnly) {
  settings_.max_items = 64;
  settings_.eviction = Eviction::oldest;
  cache();
  std::vector<std::thread> threads;
  std::atomic<int> torn{0};
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([this, t, &torn] {
      for (int i = 0; i < 3000; ++i) {
        const std::string key = name((i * 7 + t) % 100);
        const std::string value(static_cast<std::size_t>(1 + (i * 31) % 700),
                                static_cast<char>('a' + i % 26));
        if (i % 3 == 0) cache_->update(key, value, i % 2 == 0 ? now_ + 50 : 0, now_);
        if (i % 50 == 0) cache_->erase(key);
        if (i % 97 == 0) cache_->sweep(now_ + 100, 10);
        const auto item = cache_->get(key, now_);
        if (item && item->value.find_first_not_of(item->value[0]) != std::string::npos) ++torn;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(torn, 0);
}

TEST(CachesTest, TheFirstOfANameIsFound) {
  Caches caches;
  Settings settings;
  settings.max_items = 10;
  settings.name = "a";
  caches.add(Cache::create(settings));
  caches.add(Cache::create(settings));
  EXPECT_EQ(caches.find("a"), caches.all()[0].get());
  EXPECT_EQ(caches.find("b"), nullptr);
}

TEST(CachesTest, TheStartLineHasTheOriginalsNumbers) {
  Settings settings;
  settings.name = "ssl";
  settings.max_items = 1000;
  settings.blocksize = 4096;
  EXPECT_EQ(start_line(settings),
            "*** Cache \"ssl\" initialized: 5MB (key: 2136 bytes, keys: 2136000 bytes, data: "
            "4096000 bytes, bitmap: 0 bytes) preallocated ***");
}

}  // namespace
}  // namespace reprise::cache
