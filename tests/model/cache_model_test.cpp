// Random operations on a cache and on a plain map with the same rules. REPRISE_SEED repeats a run.
#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <map>
#include <random>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "cache/cache.hpp"

namespace reprise::cache {
namespace {

struct Expected {
  std::string value;
  Expiry expires = 0;
  std::uint64_t hits = 0;
  std::uint64_t used = 0;  // when, for purge_lru; counts operations
};

// The rules of spec/cache/cache.md 3 and 4, with expiry looked at on every lookup.
class Model {
public:
  Model(std::uint64_t seed, const Settings& settings) : random_(seed), settings_(settings) {
    settings_.blocksize = 600;
    settings_.keysize = 40;
    settings_.ignore_full = true;
    cache_ = Cache::create(settings_);
  }

  void step() {
    ++clock_;
    const std::string key = "k" + std::string(pick(5), 'k') + std::to_string(pick(150));
    switch (pick(14)) {
      case 0:
      case 1:
      case 2:
        write(key, /*replace=*/false);
        break;
      case 3:
      case 4:
        write(key, /*replace=*/true);
        break;
      case 5:
        erase(key);
        break;
      case 6:
        now_ += pick(3);
        break;
      case 7:
        sweep();
        break;
      case 8:
        change(key);
        break;
      case 9:
        check_existence(key);
        break;
      default:
        look_up(key);
        break;
    }
  }

  void finish() {
    EXPECT_EQ(cache_->verify(), "");
    EXPECT_EQ(cache_->counts().hits, hits_);
    EXPECT_EQ(cache_->counts().miss, misses_);
    compare_all();
    if (pick(20) == 0) {
      cache_->clear();
      items_.clear();
      EXPECT_EQ(cache_->counts().items, 0u);
    }
  }

private:
  std::uint64_t pick(std::uint64_t n) { return random_() % n; }
  bool alive(const Expected& e) const { return e.expires == 0 || e.expires > now_; }
  bool lru() const { return settings_.eviction == Eviction::least_recently_used; }
  Expected* living(const std::string& key) {
    const auto found = items_.find(key);
    return found != items_.end() && alive(found->second) ? &found->second : nullptr;
  }
  std::uint64_t blocks_of(const std::string& value) const {
    return (value.size() + settings_.blocksize - 1) / settings_.blocksize;
  }
  std::uint64_t largest_value() const {
    return settings_.bitmap ? settings_.blocksize * settings_.all_blocks() : settings_.blocksize;
  }

  // Whether the cache must have had room: it holds the exact limits, of items and of blocks.
  bool fits(const std::string& key, const std::string& value) const {
    std::uint64_t items = 1, blocks = blocks_of(value);
    for (const auto& [other, item] : items_) {
      if (other == key || !alive(item)) continue;
      ++items;
      blocks += blocks_of(item.value);
    }
    return items <= settings_.max_items - 1 &&
           (!settings_.bitmap || blocks <= settings_.all_blocks());
  }

  // The original's: heads of the list go until the new item has room.
  void purge_for(const std::string& key, const std::string& value) {
    while (!fits(key, value)) {
      auto victim = items_.end();
      for (auto it = items_.begin(); it != items_.end(); ++it) {
        if (it->first == key) continue;
        if (victim == items_.end() || it->second.used < victim->second.used) victim = it;
      }
      items_.erase(victim);
    }
  }

  void write(const std::string& key, bool replace) {
    const std::uint64_t size = pick(40) == 0 ? largest_value() + pick(2) : pick(620);
    const std::string value(size, static_cast<char>('a' + pick(26)));
    const Expiry expires = pick(3) == 0 ? 0 : now_ + pick(20);
    const SetResult result = replace ? cache_->update(key, value, expires, now_)
                                     : cache_->set(key, value, expires, now_);
    if (value.empty() || value.size() > largest_value()) {
      EXPECT_EQ(result, SetResult::invalid);
      return;
    }
    if (living(key) != nullptr && !replace) {
      EXPECT_EQ(result, SetResult::exists);
      return;
    }
    settle(key, value, expires, result);
  }

  void change(const std::string& key) {
    constexpr Arithmetic::Operation operations[] = {
        Arithmetic::Operation::increment, Arithmetic::Operation::decrement,
        Arithmetic::Operation::multiply, Arithmetic::Operation::divide};
    const Arithmetic change{operations[pick(4)], static_cast<std::int64_t>(pick(7)) - 3};
    Expiry expires = now_ + pick(20);
    std::int64_t before = settings_.math_initial;
    if (const Expected* item = living(key)) {
      before = 0;
      std::memcpy(&before, item->value.data(), std::min(item->value.size(), sizeof before));
      expires = item->expires;
    }
    const std::int64_t after = apply(change, before);
    std::int64_t result = 0;
    const SetResult done = cache_->change(key, change, expires, now_, &result);
    if (done == SetResult::stored) {
      EXPECT_EQ(result, after);
    }
    settle(key, {reinterpret_cast<const char*>(&after), sizeof after}, expires, done);
  }

  // After a set that was not refused by the key.
  void settle(const std::string& key, const std::string& value, Expiry expires, SetResult result) {
    if (settings_.expiring == Expiring::off) expires = 0;
    const std::uint64_t hits = living(key) != nullptr ? living(key)->hits : 0;
    if (lru()) purge_for(key, value);
    if (result == SetResult::full) {
      EXPECT_FALSE(lru());
      EXPECT_FALSE(fits(key, value)) << "refused though there was room";
    } else {
      EXPECT_EQ(result, SetResult::stored);
      EXPECT_TRUE(fits(key, value)) << "stored beyond the limit";
      items_[key] = {value, expires, hits, clock_};
    }
    forget_expired_that_left();
  }

  // A set may remove expired items to make room; the map follows what the cache counts.
  void forget_expired_that_left() {
    if (cache_->counts().items == items_.size()) return;
    std::set<std::string> there;
    for (const ItemFacts& item : all())
      there.insert(item.key);
    std::erase_if(items_, [&](const auto& entry) {
      return !alive(entry.second) && !there.contains(entry.first);
    });
    ASSERT_EQ(cache_->counts().items, items_.size());
  }

  std::vector<ItemFacts> all() {
    std::vector<ItemFacts> facts;
    KeyCursor cursor;
    while (cache_->keys(cursor, facts)) {
    }
    return facts;
  }

  void compare_all() {
    const std::vector<ItemFacts> facts = all();
    ASSERT_EQ(facts.size(), items_.size());
    for (const ItemFacts& item : facts) {
      const auto found = items_.find(item.key);
      ASSERT_NE(found, items_.end()) << item.key;
      EXPECT_EQ(item.hits, found->second.hits) << item.key;
      EXPECT_EQ(item.expires, found->second.expires) << item.key;
      EXPECT_EQ(item.value_size, found->second.value.size()) << item.key;
    }
  }

  void erase(const std::string& key) {
    const bool there = items_.erase(key) > 0;
    EXPECT_EQ(cache_->erase(key), there);
  }

  void sweep() {
    cache_->sweep(now_, 100000);
    std::erase_if(items_, [this](const auto& entry) { return !alive(entry.second); });
    EXPECT_EQ(cache_->counts().items, items_.size());
  }

  void remove_if_lazy(const std::string& key) {
    if (settings_.expiring == Expiring::lookups && living(key) == nullptr) items_.erase(key);
  }

  void check_existence(const std::string& key) {
    EXPECT_EQ(cache_->exists(key, now_), living(key) != nullptr);
    remove_if_lazy(key);
  }

  void look_up(const std::string& key) {
    const auto item = cache_->get(key, now_);
    Expected* expected = living(key);
    ++(expected != nullptr ? hits_ : misses_);
    ASSERT_EQ(item.has_value(), expected != nullptr) << key;
    remove_if_lazy(key);
    if (expected == nullptr) return;
    EXPECT_EQ(item->value, expected->value);
    EXPECT_EQ(item->expires, expected->expires);
    ++expected->hits;
    expected->used = clock_;
  }

  std::mt19937_64 random_;
  Settings settings_;
  std::unique_ptr<Cache> cache_;
  std::map<std::string, Expected> items_;
  UnixSeconds now_ = 1000;
  std::uint64_t clock_ = 0;
  std::uint64_t hits_ = 0, misses_ = 0;
};

void compare(const Settings& settings) {
  const char* given = std::getenv("REPRISE_SEED");
  const std::uint64_t seed =
      given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device()();
  std::cout << "REPRISE_SEED=" << seed << '\n';
  Model model(seed, settings);
  for (int round = 0; round < 200 && !testing::Test::HasFailure(); ++round) {
    for (int i = 0; i < 200 && !testing::Test::HasFatalFailure(); ++i)
      model.step();
    model.finish();
  }
}

Settings of(std::uint64_t max_items) {
  Settings settings;
  settings.max_items = max_items;
  return settings;
}

TEST(CacheModelTest, OneShardThatIsOftenFull) {
  compare(of(100));
}

TEST(CacheModelTest, ManyShards) {
  compare(of(3000));
}

TEST(CacheModelTest, ManyShardsThatAreOftenFull) {
  compare(of(513));
}

TEST(CacheModelTest, ExpiryByLookups) {
  Settings settings = of(120);
  settings.expiring = Expiring::lookups;
  compare(settings);
}

TEST(CacheModelTest, LeastRecentlyUsed) {
  Settings settings = of(100);
  settings.eviction = Eviction::least_recently_used;
  settings.expiring = Expiring::off;
  compare(settings);
}

TEST(CacheModelTest, BlocksAreScarce) {
  Settings settings = of(60);
  settings.bitmap = true;
  settings.blocks = 60;
  settings.math_initial = -7;
  compare(settings);
}

TEST(CacheModelTest, LeastRecentlyUsedBlocks) {
  Settings settings = of(60);
  settings.bitmap = true;
  settings.blocks = 60;
  settings.eviction = Eviction::least_recently_used;
  settings.expiring = Expiring::off;
  compare(settings);
}

}  // namespace
}  // namespace reprise::cache
