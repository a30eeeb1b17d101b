#pragma once

#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "cache/cache.hpp"

namespace reprise::cache {

// A cache of `settings_`, made when it is first used, and a clock that the test moves. Whatever a
// test does, the structures must be in order at its end.
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
    for (int i = from; i < to; ++i)
      ASSERT_EQ(set(name(i), "v", lasts), SetResult::stored) << i;
  }
  static std::string name(int i) { return "key-" + std::to_string(i); }

  Settings settings_;
  std::unique_ptr<Cache> cache_;
  UnixSeconds now_ = 1'000'000;
  Miss why_ = Miss::unknown;
};

}  // namespace reprise::cache
