#include "repeater/names.hpp"

#include <gtest/gtest.h>

namespace reprise::repeater {
namespace {

TEST(Names, StandWhereTheyWereHeardLast) {
  Names names;
  names.learn(1, 10, 8, 1000);
  names.learn(2, 11, 8, 1000);
  EXPECT_EQ(names.find(1, 2000), 10u);
  names.learn(1, 11, 8, 11'000);
  EXPECT_EQ(names.find(1, 11'000), 11u);
  EXPECT_EQ(names.find(3, 11'000), std::nullopt);
}

TEST(Names, OneThatTwoAreHeardUnderIsNobodysForAWhile) {
  Names names;
  names.learn(1, 10, 8, 1000);
  names.learn(1, 11, 8, 2000);  // a stranger
  EXPECT_EQ(names.find(1, 2000), std::nullopt);
  names.learn(1, 10, 8, 3000);
  EXPECT_EQ(names.find(1, 11'999), std::nullopt);
  EXPECT_EQ(names.find(1, 12'000), 10u);
}

TEST(Names, AreForgottenAfterAMinute) {
  Names names;
  names.learn(1, 10, 8, 1000);
  EXPECT_TRUE(names.find(1, 61'000));
  EXPECT_FALSE(names.find(1, 61'001));
  names.learn(1, 10, 8, 62'000);
  EXPECT_TRUE(names.find(1, 62'000));
}

TEST(Names, AMemberHasEightOfThem) {
  Names names;
  for (std::uint32_t name = 1; name <= 100'000; ++name)
    names.learn(name, 10, Names::of_node, 1000);
  names.learn(200'000, 11, Names::of_node, 1000);
  EXPECT_EQ(names.size(), 9u);
  EXPECT_EQ(names.find(100'000, 1000), 10u);
  EXPECT_EQ(names.find(99'993, 1000), 10u);
  EXPECT_EQ(names.find(99'992, 1000), std::nullopt);
}

TEST(Names, OneThatMovedAwayIsNotTakenWithItsFormerMembers) {
  Names names;
  names.learn(1, 10, 2, 1000);
  names.learn(2, 10, 2, 1000);
  names.learn(1, 11, 2, 11'000);
  names.learn(3, 10, 2, 11'000);
  names.learn(4, 10, 2, 11'000);
  EXPECT_EQ(names.find(1, 11'000), 11u);
  EXPECT_EQ(names.size(), 3u);
}

TEST(Names, GoWithTheirMember) {
  Names names;
  names.learn(1, 10, 8, 1000);
  names.learn(2, 11, 8, 1000);
  names.keep([](unsigned member) { return member == 11; });
  EXPECT_FALSE(names.find(1, 1000));
  EXPECT_EQ(names.find(2, 1000), 11u);
}

}  // namespace
}  // namespace reprise::repeater
