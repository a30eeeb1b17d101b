// Processes that hammer one cache are killed at any moment; the others go on, and what they read is
// whole. REPRISE_TORTURE_SECONDS makes it longer.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "cache/cache.hpp"
#include "cache/hash.hpp"

namespace reprise::cache {
namespace {

constexpr int processes = 8;
constexpr int torn_value = 3;  // exit status of a child that read something broken
constexpr UnixSeconds now = 1000;

int seconds_to_run() {
  const char* given = std::getenv("REPRISE_TORTURE_SECONDS");
  return given != nullptr ? std::atoi(given) : 3;
}

// A value that tells whether it is whole: its own hash and its key's in front.
std::string make_value(const std::string& key, std::mt19937& random) {
  std::string body(1 + random() % 900, static_cast<char>(random()));
  return std::to_string(murmur2(body + key)) + ":" + body;
}

bool is_whole(const std::string& key, const std::string& value) {
  const std::size_t colon = value.find(':');
  return colon != std::string::npos &&
         value.substr(0, colon) == std::to_string(murmur2(value.substr(colon + 1) + key));
}

[[noreturn]] void hammer(Cache& cache, unsigned seed) {
  std::mt19937 random(seed);
  for (;;) {
    const std::string key = "key-" + std::to_string(random() % 3000);
    switch (random() % 16) {
      case 0:
      case 1:
        cache.set(key, make_value(key, random), now + random() % 3, now);
        break;
      case 2:
      case 3:
      case 4:
        cache.update(key, make_value(key, random), 0, now);
        break;
      case 5:
      case 6:
        cache.erase(key);
        break;
      case 7:
        cache.sweep(now + 1, 16);
        break;
      case 8:
        cache.change("number-" + key, {}, now + random() % 3, now);
        break;
      case 9: {
        KeyCursor cursor{random() % 8, random() % 64};
        std::vector<ItemFacts> facts;
        cache.keys(cursor, facts);
        break;
      }
      default:
        if (const auto item = cache.get(key, now); item && !is_whole(key, item->value)) {
          ::_exit(torn_value);
        }
    }
  }
}

class CacheKillTest : public testing::Test {
protected:
  CacheKillTest() {
    settings_.blocksize = 1000;
    settings_.ignore_full = true;
    const char* given = std::getenv("REPRISE_SEED");
    seed_ = given != nullptr ? static_cast<unsigned>(std::atoi(given)) : std::random_device()();
    std::cout << "REPRISE_SEED=" << seed_ << '\n';
    random_.seed(seed_);
  }

  // Kills one process after the other, at any moment, and starts it again.
  void torture() {
    cache_ = Cache::create(settings_);
    put_ours();
    std::vector<pid_t> children;
    for (int i = 0; i < processes; ++i)
      children.push_back(start());
    int killed = 0;
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(seconds_to_run());
    while (std::chrono::steady_clock::now() < end && !HasFatalFailure()) {
      pid_t& victim = children[random_() % processes];
      ::usleep(static_cast<useconds_t>(random_() % 3000));
      ::kill(victim, SIGKILL);
      int status = 0;
      ::waitpid(victim, &status, 0);
      EXPECT_TRUE(WIFSIGNALED(status)) << "a child ended by itself: " << WEXITSTATUS(status);
      victim = start();
      ++killed;
      look_at_ours();
    }
    for (const pid_t child : children) {
      ::kill(child, SIGKILL);
      ::waitpid(child, nullptr, 0);
    }
    EXPECT_EQ(cache_->verify(), "");
    EXPECT_LE(cache_->counts().items, settings_.max_items - 1);
    std::cout << killed << " killed, " << cache_->counts().repaired << " inside a change\n";
    EXPECT_GT(cache_->counts().repaired, 0u);
    for (int i = 0; i < 3000; ++i) {
      const std::string key = "key-" + std::to_string(i);
      const auto item = cache_->get(key, now);
      ASSERT_TRUE(!item || is_whole(key, item->value)) << key;
    }
  }

  std::string ours(int i) const { return "ours-" + std::to_string(i); }
  void put_ours() {
    for (int i = 0; i < 50; ++i) {
      ASSERT_EQ(cache_->update(ours(i), make_value(ours(i), random_), 0, now), SetResult::stored);
    }
  }
  // Nobody else touches these: where nothing is evicted, all are there after every death.
  void look_at_ours() {
    const bool all_stay = settings_.max_items > 10000;
    for (int i = 0; i < 50; ++i) {
      const auto item = cache_->get(ours(i), now);
      ASSERT_TRUE(item || !all_stay) << ours(i);
      ASSERT_TRUE(!item || is_whole(ours(i), item->value)) << ours(i);
    }
    const std::string key = ours(static_cast<int>(random_() % 50));
    ASSERT_EQ(cache_->update(key, make_value(key, random_), 0, now), SetResult::stored);
  }

  pid_t start() {
    const auto seed = static_cast<unsigned>(random_());
    const pid_t pid = ::fork();
    if (pid == 0) hammer(*cache_, seed);
    return pid;
  }

  Settings settings_;
  std::unique_ptr<Cache> cache_;
  unsigned seed_ = 0;
  std::mt19937 random_;
};

TEST_F(CacheKillTest, WithRoomForAllNothingElseIsLost) {
  settings_.max_items = 20000;
  torture();
}

TEST_F(CacheKillTest, WhileTheOldestMakeRoom) {
  settings_.max_items = 2000;
  settings_.eviction = Eviction::oldest;
  torture();
}

TEST_F(CacheKillTest, WhileGetsMoveItemsAndBlocksAreScarce) {
  settings_.max_items = 1000;
  settings_.eviction = Eviction::least_recently_used;
  settings_.bitmap = true;
  settings_.blocksize = 100;
  settings_.blocks = 3000;
  torture();
}

}  // namespace
}  // namespace reprise::cache
