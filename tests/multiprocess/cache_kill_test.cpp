// Processes that hammer one cache are killed at any moment; the others go on, and what they read is
// whole. REPRISE_TORTURE_SECONDS makes it longer.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
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
    switch (random() % 8) {
      case 0:
        cache.set(key, make_value(key, random), now + random() % 3, now);
        break;
      case 1:
      case 2:
        cache.update(key, make_value(key, random), 0, now);
        break;
      case 3:
        cache.erase(key);
        break;
      case 4:
        cache.sweep(now + 1, 16);
        break;
      default:
        if (const auto item = cache.get(key, now); item && !is_whole(key, item->value)) {
          ::_exit(torn_value);
        }
    }
  }
}

pid_t start(Cache& cache, unsigned seed) {
  const pid_t pid = ::fork();
  if (pid == 0) hammer(cache, seed);
  return pid;
}

TEST(CacheKillTest, KilledAnywhereWedgedNowhere) {
  Settings settings;
  settings.max_items = 2000;
  settings.blocksize = 1000;
  settings.eviction = Eviction::oldest;
  settings.ignore_full = true;
  const auto cache = Cache::create(settings);
  const unsigned seed = std::random_device()();
  RecordProperty("seed", std::to_string(seed));
  std::mt19937 random(seed);
  std::vector<pid_t> children;
  for (int i = 0; i < processes; ++i)
    children.push_back(start(*cache, static_cast<unsigned>(random())));

  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(seconds_to_run());
  int killed = 0;
  while (std::chrono::steady_clock::now() < end) {
    pid_t& victim = children[random() % processes];
    ::usleep(static_cast<useconds_t>(random() % 3000));
    ::kill(victim, SIGKILL);
    int status = 0;
    ::waitpid(victim, &status, 0);
    ASSERT_TRUE(WIFSIGNALED(status)) << "a child ended by itself: " << WEXITSTATUS(status);
    victim = start(*cache, static_cast<unsigned>(random()));
    // The cache answers, whatever the dead one was doing.
    const std::string key = "mine";
    const std::string value = make_value(key, random);
    ASSERT_EQ(cache->update(key, value, 0, now), SetResult::stored);
    ++killed;
  }
  for (const pid_t child : children) {
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
  }
  EXPECT_EQ(cache->verify(), "");
  EXPECT_LE(cache->counts().items, settings.max_items - 1);
  EXPECT_GT(cache->counts().repaired, 0u) << "of " << killed << " none died inside";
  for (int i = 0; i < 3000; ++i) {
    const std::string key = "key-" + std::to_string(i);
    const auto item = cache->get(key, now);
    ASSERT_TRUE(!item || is_whole(key, item->value)) << key;
  }
}

}  // namespace
}  // namespace reprise::cache
