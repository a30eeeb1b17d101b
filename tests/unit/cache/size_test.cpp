// What a cache of a million TLS sessions takes and holds up.
#include <sys/stat.h>
#include <time.h>

#include <algorithm>
#include <string>

#include <gtest/gtest.h>

#include "harness.hpp"

namespace reprise::cache {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr int sessions = 50'000;  // a sanitizer's time is not ours
constexpr bool is_sanitized = true;
#else
constexpr int sessions = 1'000'000;
constexpr bool is_sanitized = false;
#endif
constexpr std::uint64_t milliseconds = 1'000'000;  // in nanoseconds

class SizeTest : public CacheTest {
protected:
  SizeTest() {
    settings_.max_items = sessions + 1;
    settings_.blocksize = 4096;
    settings_.keysize = 128;
    settings_.eviction = Eviction::oldest;
  }
  ~SizeTest() override { cache_.reset(); }  // to verify a million takes longer than the test

  void fill_with_sessions() {
    const std::string der(132, 'd');
    std::string id(32, '\0');
    for (int i = 0; i < sessions; ++i) {
      std::copy_n(reinterpret_cast<const char*>(&i), sizeof i, id.begin());
      ASSERT_EQ(cache().set(id, der, now_ + 300 + static_cast<unsigned>(i) % 7, now_),
                SetResult::stored);
    }
  }
  // Pages that were ever touched, of all processes together.
  std::uint64_t resident_bytes() {
    struct stat status {};
    EXPECT_EQ(::fstat(cache().region_fd(), &status), 0);
    return static_cast<std::uint64_t>(status.st_blocks) * 512;
  }
  static std::uint64_t cpu_nanoseconds() {
    timespec used{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
    return static_cast<std::uint64_t>(used.tv_sec) * 1'000'000'000 +
           static_cast<std::uint64_t>(used.tv_nsec);
  }
};

TEST_F(SizeTest, ASessionTakes320BytesAtMost) {
  fill_with_sessions();
  const std::uint64_t each = resident_bytes() / sessions;
  RecordProperty("bytes_per_session", static_cast<int>(each));
  std::cout << each << " bytes of memory for each of " << sessions << " sessions\n";
  EXPECT_LE(each, 320u);
  EXPECT_LE(cache().counts().used_bytes / sessions, each);
}

TEST_F(SizeTest, TheSweeperHoldsNoLockForLong) {
  fill_with_sessions();
  now_ += 400;
  std::uint64_t longest = 0;
  for (bool finished = false; !finished;) {
    // A slice of one lock: what it takes is no less than the time that it is held.
    const std::uint64_t begin = cpu_nanoseconds();
    finished = cache().sweep(now_, 64).finished;
    longest = std::max(longest, cpu_nanoseconds() - begin);
  }
  EXPECT_EQ(cache().counts().items, 0u);
  std::cout << longest / 1000 << " us of the thread's time at most\n";
  RecordProperty("longest_us", static_cast<int>(longest / 1000));
  EXPECT_LT(longest, (is_sanitized ? 20 : 1) * milliseconds);
}

TEST_F(SizeTest, TenMillionItemsAreThereAtOnce) {
  settings_.max_items = 10'000'000;
  const std::uint64_t begin = cpu_nanoseconds();
  EXPECT_EQ(set("key", "value"), SetResult::stored);
  EXPECT_LT(cpu_nanoseconds() - begin, (is_sanitized ? 1000 : 50) * milliseconds);
  EXPECT_LT(resident_bytes(), 2u << 20);
}

}  // namespace
}  // namespace reprise::cache
