// Random operations on a cache and on a plain map with the same rules. REPRISE_SEED repeats a run.
#include <cstdlib>
#include <iostream>
#include <map>
#include <random>
#include <string>

#include <gtest/gtest.h>

#include "cache/cache.hpp"

namespace reprise::cache {
namespace {

struct Expected {
  std::string value;
  Expiry expires;
};

class Model {
public:
  Model(std::uint64_t seed, std::uint64_t max_items) : random_(seed) {
    settings_.max_items = max_items;
    settings_.blocksize = 600;
    settings_.keysize = 40;
    settings_.ignore_full = true;
    cache_ = Cache::create(settings_);
  }

  void step() {
    const std::string key = "k" + std::string(pick(5), 'k') + std::to_string(pick(150));
    switch (pick(10)) {
      case 0:
      case 1:
      case 2: write(key, /*replace=*/false); break;
      case 3:
      case 4: write(key, /*replace=*/true); break;
      case 5: erase(key); break;
      case 6: now_ += pick(3); break;
      case 7: sweep(); break;
      default: look_up(key); break;
    }
  }

  void finish() {
    EXPECT_EQ(cache_->verify(), "");
    EXPECT_EQ(cache_->counts().items, items_.size());
    if (pick(20) == 0) {
      cache_->clear();
      items_.clear();
    }
  }

private:
  std::uint64_t pick(std::uint64_t n) { return random_() % n; }
  bool alive(const Expected& e) const { return e.expires == 0 || e.expires > now_; }

  void write(const std::string& key, bool replace) {
    const std::string value(pick(620), static_cast<char>('a' + pick(26)));
    const Expiry expires = pick(3) == 0 ? 0 : now_ + pick(20);
    const SetResult result = replace ? cache_->update(key, value, expires, now_)
                                     : cache_->set(key, value, expires, now_);
    const auto found = items_.find(key);
    const bool there = found != items_.end() && alive(found->second);
    if (value.empty() || value.size() > settings_.blocksize) {
      EXPECT_EQ(result, SetResult::invalid);
    } else if (there && !replace) {
      EXPECT_EQ(result, SetResult::exists);
    } else if (result == SetResult::full) {
      // Allowed only at the limit; expired items of the same shard had to go first.
      EXPECT_FALSE(there);
      EXPECT_GE(items_.size() + 1, settings_.max_items);
    } else {
      EXPECT_EQ(result, SetResult::stored);
      items_[key] = {value, expires};
    }
    forget_expired_that_left();
  }

  // A set may remove expired items to make room; the map follows what the cache counts.
  void forget_expired_that_left() {
    if (cache_->counts().items == items_.size()) return;
    for (auto it = items_.begin(); it != items_.end();) {
      Miss why = Miss::unknown;
      const bool gone = !alive(it->second) && !cache_->get(it->first, now_, &why) &&
                        why == Miss::unknown;
      it = gone ? items_.erase(it) : std::next(it);
    }
    ASSERT_EQ(cache_->counts().items, items_.size());
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

  void look_up(const std::string& key) {
    const auto item = cache_->get(key, now_);
    const auto found = items_.find(key);
    const bool there = found != items_.end() && alive(found->second);
    ASSERT_EQ(item.has_value(), there) << key;
    if (!there) return;
    EXPECT_EQ(item->value, found->second.value);
    EXPECT_EQ(item->expires, found->second.expires);
  }

  std::mt19937_64 random_;
  Settings settings_;
  std::unique_ptr<Cache> cache_;
  std::map<std::string, Expected> items_;
  UnixSeconds now_ = 1000;
};

void compare(std::uint64_t max_items) {
  const char* given = std::getenv("REPRISE_SEED");
  const std::uint64_t seed =
      given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device()();
  std::cout << "REPRISE_SEED=" << seed << '\n';
  Model model(seed, max_items);
  for (int round = 0; round < 300 && !testing::Test::HasFailure(); ++round) {
    for (int i = 0; i < 200 && !testing::Test::HasFatalFailure(); ++i) model.step();
    model.finish();
  }
}

TEST(CacheModelTest, OneShardThatIsOftenFull) { compare(100); }
TEST(CacheModelTest, ManyShards) { compare(3000); }

}  // namespace
}  // namespace reprise::cache
