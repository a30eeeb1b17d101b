#include "cluster/tombstones.hpp"

#include <cstring>
#include <string>

#include <gtest/gtest.h>

namespace reprise::cluster {
namespace {

std::string id(std::uint64_t number) {
  std::string bytes(32, 'x');
  std::memcpy(bytes.data(), &number, sizeof number);
  return bytes;
}

TEST(TombstonesTest, StandUntilTheirTimeIsOver) {
  Tombstones stones;
  stones.add(id(1), 1000);
  stones.add(id(1), 500);  // the longer one counts
  EXPECT_TRUE(stones.has(id(1), 999));
  EXPECT_FALSE(stones.has(id(2), 999));
  EXPECT_FALSE(stones.has(id(1), 1000));
}

TEST(TombstonesTest, TheOneThatEndsFirstGoesForANewOne) {
  Tombstones stones;
  for (std::uint64_t i = 0; i < Tombstones::most; ++i)
    stones.add(id(i), 10'000 + i);
  stones.add(id(1'000'000), 5'000'000);
  EXPECT_FALSE(stones.has(id(0), 1));
  EXPECT_TRUE(stones.has(id(1), 1));
  EXPECT_TRUE(stones.has(id(1'000'000), 1));
}

}  // namespace
}  // namespace reprise::cluster
