// Session secrets in memory: gone when their item is, and never in a core file.
#include <sys/mman.h>

#include <fstream>
#include <string>

#include <gtest/gtest.h>

#include "harness.hpp"

namespace reprise::cache {
namespace {

class SecretsTest : public CacheTest {
protected:
  // Of every size: in the head cell alone, and in many data cells.
  SecretsTest() { settings_.eviction = Eviction::oldest; }

  std::string secret(int i) const {
    return "S3CRET" + std::to_string(i) + std::string(static_cast<std::size_t>(i * 7 % 500), '#');
  }
  void put(int from, int to, std::uint64_t lasts = 0) {
    for (int i = from; i < to; ++i)
      ASSERT_EQ(set(name(i), secret(i), lasts), SetResult::stored);
  }
  // Whether the whole of the shared memory holds the text anywhere.
  bool memory_holds(const std::string& text) {
    const int fd = cache().region_fd();
    const std::size_t size = shm::Region::size_of(fd);
    void* memory = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, fd, 0);
    EXPECT_NE(memory, MAP_FAILED);
    const bool found = ::memmem(memory, size, text.data(), text.size()) != nullptr;
    ::munmap(memory, size);
    return found;
  }
};

TEST_F(SecretsTest, AreInMemoryWhileTheyAreNeeded) {
  put(0, 50);
  EXPECT_TRUE(memory_holds("S3CRE"));
}

TEST_F(SecretsTest, AreWipedByErase) {
  put(0, 50);
  for (int i = 0; i < 50; ++i)
    cache().erase(name(i));
  EXPECT_FALSE(memory_holds("S3C"));
  EXPECT_FALSE(memory_holds("####"));
}

TEST_F(SecretsTest, AreWipedByClear) {
  put(0, 50);
  cache().clear();
  EXPECT_FALSE(memory_holds("S3C"));
}

TEST_F(SecretsTest, AreWipedByUpdate) {
  put(0, 50);
  for (int i = 0; i < 50; ++i)
    update(name(i), "other");
  EXPECT_FALSE(memory_holds("S3C"));
}

TEST_F(SecretsTest, AreWipedByExpiry) {
  put(0, 50, 5);
  now_ += 5;
  cache().sweep(now_, 1000);
  EXPECT_FALSE(memory_holds("S3C"));
}

TEST_F(SecretsTest, AreWipedByEviction) {
  put(0, 50);
  for (int i = 50; i < 250; ++i)
    ASSERT_EQ(set(name(i), "v"), SetResult::stored);
  EXPECT_FALSE(memory_holds("S3C"));
}

TEST_F(SecretsTest, AreExcludedFromCoreFiles) {
  put(0, 1);
  std::ifstream maps("/proc/self/smaps");
  bool of_cache = false, excluded = false;
  for (std::string line; std::getline(maps, line);) {
    if (line.find("memfd:reprise-cache") != std::string::npos) of_cache = true;
    if (of_cache && line.starts_with("VmFlags:")) {
      excluded = line.find(" dd") != std::string::npos;
      break;
    }
  }
  EXPECT_TRUE(of_cache);
  EXPECT_TRUE(excluded);
}

TEST_F(SecretsTest, CanBeLockedInMemory) {
  put(0, 50);
  if (const auto error = cache().lock_memory()) GTEST_SKIP() << error.message();
  std::ifstream maps("/proc/self/smaps");
  bool of_cache = false;
  std::string locked;
  for (std::string line; locked.empty() && std::getline(maps, line);) {
    if (line.find("memfd:reprise-cache") != std::string::npos) of_cache = true;
    if (of_cache && line.starts_with("VmFlags:")) locked = line;
  }
  EXPECT_NE(locked.find(" lo"), std::string::npos) << locked;
}

}  // namespace
}  // namespace reprise::cache
