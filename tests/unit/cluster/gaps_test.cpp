#include "cluster/gaps.hpp"

#include <gtest/gtest.h>

namespace reprise::cluster {
namespace {

std::vector<std::pair<std::uint64_t, unsigned>> ranges_of(const Gaps::Due& due) {
  std::vector<std::pair<std::uint64_t, unsigned>> ranges;
  for (const PushRange& range : due.ranges)
    ranges.emplace_back(range.first, range.count);
  return ranges;
}
using Ranges = std::vector<std::pair<std::uint64_t, unsigned>>;

TEST(GapsTest, WhatWasBeforeTheFirstIsNotMissing) {
  Gaps gaps;
  gaps.arrived(100, 0);
  EXPECT_EQ(gaps.missing(), 0u);
  gaps.arrived(101, 0);
  EXPECT_FALSE(gaps.is_open());
  Gaps told;
  told.told(50, 0);
  EXPECT_FALSE(told.is_open());
}

TEST(GapsTest, SentIsWhatIsKnownToHaveBeenSinceTheFirst) {
  Gaps gaps;
  EXPECT_EQ(gaps.sent(), 0u);
  gaps.arrived(100, 0);
  EXPECT_EQ(gaps.sent(), 1u);
  gaps.arrived(99, 0);  // before the first
  gaps.told(110, 0);
  EXPECT_EQ(gaps.sent(), 11u);
  gaps.ended(105, Gaps::End::repaired);
  EXPECT_EQ(gaps.sent(), 11u);
  Gaps told;
  told.told(50, 0);
  EXPECT_EQ(told.sent(), 0u);
  told.told(52, 0);
  EXPECT_EQ(told.sent(), 2u);
}

TEST(GapsTest, WhatIsOvertakenIsNotAskedFor) {
  Gaps gaps;
  gaps.arrived(1, 0);
  gaps.arrived(3, 0);
  EXPECT_TRUE(gaps.due(10).ranges.empty());
  gaps.arrived(2, 15);
  EXPECT_FALSE(gaps.is_open());
  EXPECT_EQ(gaps.due(1000).lost, 0u);
}

TEST(GapsTest, WhatDoesNotComeIsAskedForThreeTimesAndGivenUp) {
  Gaps gaps;
  gaps.arrived(1, 0);
  gaps.arrived(5, 0);
  gaps.arrived(7, 0);
  Gaps::Due due = gaps.due(Gaps::patience);
  EXPECT_EQ(ranges_of(due), (Ranges{{2, 3}, {6, 1}}));
  EXPECT_EQ(due.lost, 4u);
  EXPECT_TRUE(gaps.due(Gaps::patience + Gaps::between_asks - 1).ranges.empty());
  for (Moment again = 1; again < Gaps::asks; ++again) {
    due = gaps.due(Gaps::patience + again * Gaps::between_asks);
    EXPECT_EQ(ranges_of(due), (Ranges{{2, 3}, {6, 1}}));
    EXPECT_EQ(due.lost, 0u);
  }
  due = gaps.due(Gaps::patience + Gaps::asks * Gaps::between_asks);
  EXPECT_TRUE(due.ranges.empty());
  EXPECT_EQ(due.given_up, 4u);
  EXPECT_EQ(gaps.missing(), 4u);  // nobody has them, for all that is known
  EXPECT_FALSE(gaps.is_open());
  gaps.nothing_is_missing();
  EXPECT_EQ(gaps.missing(), 0u);
}

TEST(GapsTest, ALostTailIsKnownFromWhatTheSenderSays) {
  Gaps gaps;
  gaps.arrived(1, 0);
  gaps.told(3, 0);
  EXPECT_EQ(ranges_of(gaps.due(100)), (Ranges{{2, 2}}));
  gaps.told(1, 200);  // an old one
  EXPECT_EQ(gaps.newest(), 3u);
}

TEST(GapsTest, WhatIsRepairedIsNotMissingAndWhatIsGoneIs) {
  Gaps gaps;
  gaps.told(0, 0);
  gaps.told(3, 0);
  EXPECT_TRUE(gaps.ended(1, Gaps::End::repaired));
  EXPECT_FALSE(gaps.ended(1, Gaps::End::repaired));
  EXPECT_FALSE(gaps.ended(99, Gaps::End::gone));
  EXPECT_TRUE(gaps.ended(2, Gaps::End::gone));
  EXPECT_EQ(gaps.missing(), 2u);
  gaps.arrived(3, 0);
  EXPECT_EQ(gaps.missing(), 1u);
}

TEST(GapsTest, MemoryIsBounded) {
  Gaps gaps;
  gaps.told(0, 0);
  gaps.told(std::uint64_t{1} << 47, 0);  // a lie
  Gaps::Due due = gaps.due(100);
  EXPECT_EQ(due.ranges.size(), 1u);
  EXPECT_EQ(due.ranges[0].count, Gaps::most);
  EXPECT_LE(due.lost, (std::uint64_t{1} << 20) + Gaps::most);
  // One datagram holds so many ranges; the rest is due at once.
  Gaps holes;
  holes.told(0, 0);
  for (std::uint64_t push = 2; push < 400; push += 2)
    holes.arrived(push, 0);
  EXPECT_EQ(holes.due(100).ranges.size(), Lost::most);
  EXPECT_EQ(holes.due(100).ranges.size(), Lost::most);
  EXPECT_EQ(holes.due(100).ranges.size(), Lost::most);
  EXPECT_EQ(holes.due(100).ranges.size(), 199u - 3 * Lost::most);
}

}  // namespace
}  // namespace reprise::cluster
