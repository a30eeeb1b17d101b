#include <cstring>
#include <limits>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "harness.hpp"

namespace reprise::cache {
namespace {

using Operation = Arithmetic::Operation;
constexpr auto least = std::numeric_limits<std::int64_t>::min();
constexpr auto greatest = std::numeric_limits<std::int64_t>::max();

class ArithmeticTest : public CacheTest {
protected:
  std::int64_t change(Operation operation, std::int64_t operand, std::uint64_t lasts = 0) {
    std::int64_t result = 0;
    const Expiry expires = lasts == 0 ? 0 : now_ + lasts;
    EXPECT_EQ(cache().change("n", {operation, operand}, expires, now_, &result), SetResult::stored);
    std::int64_t stored = 0;
    const std::string value = get("n");
    EXPECT_EQ(value.size(), sizeof stored);
    std::memcpy(&stored, value.data(), sizeof stored);
    EXPECT_EQ(stored, result);
    return result;
  }
  void put(std::int64_t number) {
    update("n", {reinterpret_cast<const char*>(&number), sizeof number});
  }
};

TEST_F(ArithmeticTest, AddsSubtractsMultipliesDivides) {
  EXPECT_EQ(change(Operation::increment, 40), 40);
  EXPECT_EQ(change(Operation::increment, 2), 42);
  EXPECT_EQ(change(Operation::decrement, 52), -10);
  EXPECT_EQ(change(Operation::multiply, -7), 70);
  EXPECT_EQ(change(Operation::divide, 8), 8);
  EXPECT_EQ(change(Operation::divide, -3), -2);
}

TEST_F(ArithmeticTest, StartsFromWhatTheCacheSays) {
  settings_.math_initial = -100;
  EXPECT_EQ(change(Operation::divide, 10), -10);
  EXPECT_EQ(change(Operation::increment, 1), -9) << "only a missing key starts there";
}

TEST_F(ArithmeticTest, WhatDoesNotFitWrapsAround) {
  put(greatest);
  EXPECT_EQ(change(Operation::increment, 1), least);
  EXPECT_EQ(change(Operation::decrement, 1), greatest);
  EXPECT_EQ(change(Operation::multiply, 2), -2);
  put(least);
  EXPECT_EQ(change(Operation::divide, -1), least);
}

TEST_F(ArithmeticTest, DivisionByZeroGivesZero) {
  put(17);
  EXPECT_EQ(change(Operation::divide, 0), 0);
}

TEST_F(ArithmeticTest, TakesTheFirstEightBytesOfAText) {
  update("n", "ABCDEFGHIJ");
  EXPECT_EQ(change(Operation::increment, 1), 0x4847464544434242);
  update("n", "A");
  EXPECT_EQ(change(Operation::increment, 1), 'B') << "what is missing is 0";
}

TEST_F(ArithmeticTest, KeepsTheExpiryAndTheHits) {
  change(Operation::increment, 1, 10);  // and one get
  now_ += 5;
  change(Operation::increment, 1, 100);
  now_ += 4;
  EXPECT_EQ(change(Operation::increment, 1), 3);
  std::vector<ItemFacts> facts;
  KeyCursor cursor;
  while (cache().keys(cursor, facts)) {
  }
  ASSERT_EQ(facts.size(), 1u);
  EXPECT_EQ(facts[0].hits, 3u);
  now_ += 1;
  EXPECT_EQ(get("n"), "(none)");
  EXPECT_EQ(change(Operation::increment, 7), 7) << "an expired number is none";
}

TEST_F(ArithmeticTest, NeedsRoomForANumber) {
  settings_.blocksize = 7;
  EXPECT_EQ(cache().change("n", {}, 0, now_), SetResult::invalid);
}

TEST_F(ArithmeticTest, FailsInAFullCache) {
  fill(0, 99);
  EXPECT_EQ(cache().change("n", {}, 0, now_), SetResult::full);
  EXPECT_EQ(cache().change(name(0), {}, 0, now_), SetResult::stored);
}

class OperationsTest : public CacheTest {
protected:
  std::vector<ItemFacts> all() {
    std::vector<ItemFacts> facts;
    KeyCursor cursor;
    while (cache().keys(cursor, facts)) {
    }
    return facts;
  }
};

TEST_F(OperationsTest, KeysAreListedOnceEach) {
  settings_.max_items = 5000;
  fill(0, 3000, 50);
  std::set<std::string> keys;
  for (const ItemFacts& item : all())
    EXPECT_TRUE(keys.insert(item.key).second) << item.key;
  EXPECT_EQ(keys.size(), 3000u);
  EXPECT_TRUE(keys.contains(name(2999)));
}

TEST_F(OperationsTest, AStepOfListingIsBounded) {
  settings_.max_items = 20000;
  fill(0, 10000);
  std::vector<ItemFacts> facts;
  KeyCursor cursor;
  EXPECT_TRUE(cache().keys(cursor, facts));
  EXPECT_LT(facts.size(), 500u);
}

TEST_F(OperationsTest, WhatStaysIsListedWhateverComesAndGoes) {
  settings_.max_items = 5000;
  fill(0, 1000);
  std::vector<ItemFacts> facts;
  KeyCursor cursor;
  int i = 1000;
  while (cache().keys(cursor, facts)) {
    set(name(i), "v");
    cache().erase(name(++i - 50));
    for (int j = 0; j < 100; ++j)
      update(name(j), "moved");  // to other cells
  }
  std::set<std::string> keys;
  for (const ItemFacts& item : facts)
    keys.insert(item.key);
  for (int j = 0; j < 900; ++j)
    EXPECT_TRUE(keys.contains(name(j))) << j;
}

TEST_F(OperationsTest, AnItemsFacts) {
  cache().set("key", "value", now_ + 30, now_, item_flags::from_peer);
  get("key");
  get("key");
  const std::vector<ItemFacts> facts = all();
  ASSERT_EQ(facts.size(), 1u);
  EXPECT_EQ(facts[0].key, "key");
  EXPECT_EQ(facts[0].value_size, 5u);
  EXPECT_EQ(facts[0].expires, now_ + 30);
  EXPECT_EQ(facts[0].written, now_);
  EXPECT_EQ(facts[0].hits, 2u);
  EXPECT_EQ(facts[0].flags, 14);
  EXPECT_EQ(cache().oldest_written(), now_);
}

TEST_F(OperationsTest, AnUpdateKeepsTheHits) {
  set("key", "value");
  get("key");
  now_ += 5;
  update("key", "other");
  EXPECT_EQ(all()[0].hits, 1u);
  EXPECT_EQ(all()[0].written, now_);
}

TEST_F(OperationsTest, ExistsAndKeysCountNothing) {
  set("key", "value");
  EXPECT_TRUE(cache().exists("key", now_));
  EXPECT_FALSE(cache().exists("kez", now_));
  all();
  EXPECT_EQ(cache().counts().hits + cache().counts().miss, 0u);
  EXPECT_EQ(all()[0].hits, 0u);
}

TEST_F(OperationsTest, AnUngettableItemIsThereButNotGiven) {
  cache().set("key", "value", 0, now_, item_flags::ungettable);
  EXPECT_EQ(get("key"), "(none)");
  EXPECT_TRUE(cache().exists("key", now_));
  EXPECT_EQ(cache().counts().hits + cache().counts().miss, 0u);
  EXPECT_EQ(set("key", "v"), SetResult::exists);
}

TEST_F(OperationsTest, KeysOfTheGreatestSizeAreKeptWhole) {
  settings_.keysize = 65535;
  const std::string key(65535, 'k');
  EXPECT_EQ(set(key, "v"), SetResult::stored);
  EXPECT_EQ(get(key), "v");
  EXPECT_EQ(get("k"), "(none)") << "not cut to what 16 bits leave of 65537";
  EXPECT_EQ(set(key + "kk", "v"), SetResult::invalid);
}

TEST_F(OperationsTest, CountersSurviveAClear) {
  set("key", "value");
  get("key");
  get("none");
  cache().clear();
  EXPECT_EQ(cache().counts().items, 0u);
  EXPECT_EQ(cache().counts().hits, 1u);
  EXPECT_EQ(cache().counts().miss, 1u);
}

TEST_F(OperationsTest, AClearOfManyShardsLeavesNothing) {
  settings_.max_items = 20000;
  fill(0, 19999);
  cache().clear();
  EXPECT_EQ(cache().counts().items, 0u);
  EXPECT_EQ(cache().counts().used_bytes, 0u);
  fill(0, 19999);
}

TEST_F(OperationsTest, AGetIntoAStringUsesItsMemoryAgain) {
  set("key", std::string(100, 'v'));
  Item item;
  item.value.reserve(1000);
  const char* memory = item.value.data();
  ASSERT_TRUE(cache().get("key", now_, item));
  EXPECT_EQ(item.value, std::string(100, 'v'));
  EXPECT_EQ(item.value.data(), memory);
}

}  // namespace
}  // namespace reprise::cache
