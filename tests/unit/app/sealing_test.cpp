#include "app/sealing.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <memory>
#include <string>

#include <gtest/gtest.h>

namespace reprise::app {
namespace {

class SealingTest : public ::testing::Test {
protected:
  SealingTest() {
    const int fd = ::mkstemp(path_.data());
    ::fchmod(fd, 0600);
    ::close(fd);
    std::ofstream file(path_);
    file << "reprise-secret-1:";
    for (int i = 0; i < 4; ++i)
      file << "0123456789abcdef";
    file << '\n';
    file.close();
    cache::Settings cache;
    cache.name = "ssl";
    cache.max_items = 10;
    cache.blocksize = 4096;
    cache.secret.text = path_;
    cache_ = cache::Cache::create(cache);
  }
  ~SealingTest() override { ::unlink(path_.c_str()); }

  std::unique_ptr<Sealing> make(process::Handover& inherited) {
    return std::make_unique<Sealing>(*cache_, sync::Settings(), 1, std::chrono::minutes(5),
                                     inherited, Purpose::serve);
  }

  std::string path_ = "/tmp/reprise-secret-XXXXXX";
  std::unique_ptr<cache::Cache> cache_;
};

TEST_F(SealingTest, ANodeIsTheSameAfterAReload) {
  process::Handover inherited;
  const auto before = make(inherited);
  before->shared().counters.opened.add(7);
  before->tombstones().add("0123456789abcdef", 100);
  before->hand_over("ssl", inherited);
  const auto after = make(inherited);
  EXPECT_EQ(after->shared().node.load(), before->shared().node.load());
  EXPECT_EQ(after->shared().counters.opened.get(), 7U);
  EXPECT_TRUE(after->tombstones().has(Bytes("0123456789abcdef"), 50));
}

TEST_F(SealingTest, WhatAnotherVersionHadInAnotherFormIsLeft) {
  process::Handover inherited;
  const shm::Region state = shm::Region::create("cluster", 16384);
  const shm::Region erased = shm::Region::create("erased", 4096);
  inherited.add("cluster", "ssl", state.fd());
  inherited.add("erased", "ssl", erased.fd());
  const auto after = make(inherited);
  EXPECT_EQ(after->shared().counters.opened.get(), 0U);
  EXPECT_FALSE(after->tombstones().has(Bytes("0123456789abcdef"), 50));
}

}  // namespace
}  // namespace reprise::app
