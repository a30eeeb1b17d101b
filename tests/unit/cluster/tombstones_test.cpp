#include "cluster/tombstones.hpp"

#include <cstring>
#include <memory>
#include <string>

#include <gtest/gtest.h>

namespace reprise::cluster {
namespace {

std::string id(std::uint64_t number) {
  std::string bytes(32, 'x');
  std::memcpy(bytes.data(), &number, sizeof number);
  return bytes;
}

class TombstonesTest : public ::testing::Test {
protected:
  std::size_t standing(std::uint64_t ids, Moment now) const {
    std::size_t count = 0;
    for (std::uint64_t i = 0; i < ids; ++i)
      count += stones_->has(id(i), now) ? 1 : 0;
    return count;
  }

  std::unique_ptr<Tombstones> stones_ = std::make_unique<Tombstones>();
};

TEST_F(TombstonesTest, StandUntilTheirTimeIsOver) {
  stones_->add(id(1), 1000);
  stones_->add(id(1), 500);  // the longer one counts
  EXPECT_TRUE(stones_->has(id(1), 999));
  EXPECT_FALSE(stones_->has(id(2), 999));
  EXPECT_FALSE(stones_->has(id(1), 1000));
  stones_->add(id(1), 3000);
  EXPECT_TRUE(stones_->has(id(1), 2999));
}

TEST_F(TombstonesTest, HalfAsManyAsThereArePlacesStandBesideEachOther) {
  for (std::uint64_t i = 0; i < Tombstones::most / 2; ++i)
    stones_->add(id(i), 10'000);
  EXPECT_GT(standing(Tombstones::most / 2, 1), Tombstones::most / 2 * 99 / 100);
  // Those that are over leave their places to others.
  for (std::uint64_t i = 0; i < Tombstones::most / 2; ++i)
    stones_->add(id(1'000'000 + i), 20'000);
  EXPECT_LT(standing(Tombstones::most / 2, 1), Tombstones::most / 2);
}

TEST_F(TombstonesTest, OfManyTheOnesThatEndFirstGo) {
  for (std::uint64_t i = 0; i < 4 * Tombstones::most; ++i)
    stones_->add(id(i), 10'000 + i);
  EXPECT_LT(standing(Tombstones::most, 1), Tombstones::most / 100);
  EXPECT_TRUE(stones_->has(id(4 * Tombstones::most - 1), 1));
}

}  // namespace
}  // namespace reprise::cluster
