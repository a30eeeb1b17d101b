#include <fcntl.h>
#include <unistd.h>

#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "cache/caches.hpp"
#include "harness.hpp"

namespace reprise::cache {
namespace {

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
    for (std::size_t i = 0; i < size; ++i)
      value[i] = static_cast<char>(i * 7 + size);
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

TEST_F(CacheTest, PeekingCountsNothing) {
  set("key", "value");
  Item item;
  EXPECT_TRUE(cache().peek("key", now_, item));
  EXPECT_EQ(item.value, "value");
  EXPECT_FALSE(cache().peek("kez", now_, item));
  EXPECT_EQ(cache().counts().hits + cache().counts().miss, 0u);
  KeyCursor cursor;
  std::vector<ItemFacts> facts;
  while (cache().keys(cursor, facts)) {
  }
  ASSERT_EQ(facts.size(), 1u);
  EXPECT_EQ(facts[0].hits, 0u);
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
  cache_.reset();  // verifying walks nothing much, and the region goes away at once
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
  for (std::thread& thread : threads)
    thread.join();
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
