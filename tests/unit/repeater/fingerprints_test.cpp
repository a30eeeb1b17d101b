#include "repeater/fingerprints.hpp"

#include <memory>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace reprise::repeater {
namespace {

using Rule = Fingerprints::Rule;

class FingerprintsTest : public testing::Test {
protected:
  std::unique_ptr<Fingerprints> seen_ = std::make_unique<Fingerprints>();
};

// The vectors of the paper: key 00..0f, messages of the bytes 00, 01, ...
TEST(SipHash, IsThePapers) {
  const SipKey key{0x0706050403020100, 0x0f0e0d0c0b0a0908};
  EXPECT_EQ(siphash(key, ""), 0x726fdb47dd0e0e31u);
  EXPECT_EQ(siphash(key, Bytes("\0", 1)), 0x74f839c593dc67fdu);
  EXPECT_EQ(siphash(key, Bytes("\0\1\2\3\4\5\6\7", 8)), 0x93f5f5799a932462u);
  EXPECT_EQ(siphash(key, Bytes("\0\1\2\3\4\5\6\7\x8\x9\xa\xb\xc\xd\xe", 15)), 0xa129ca6149be45e5u);
}

TEST_F(FingerprintsTest, TakesWhatIsSealedOnceWhoeverBringsIt) {
  EXPECT_TRUE(seen_->note(7, 1, Rule::once, 10'000));
  EXPECT_FALSE(seen_->note(7, 1, Rule::once, 10'000));
  EXPECT_FALSE(seen_->note(7, 2, Rule::once, 11'999));
  EXPECT_TRUE(seen_->note(8, 1, Rule::once, 10'000));
}

TEST_F(FingerprintsTest, ForgetsAfterItsWindow) {
  EXPECT_TRUE(seen_->note(7, 1, Rule::once, 10'000));
  EXPECT_TRUE(seen_->note(7, 1, Rule::once, 13'000));
  EXPECT_TRUE(seen_->note(9, 1, Rule::once_around, 10'000));
  EXPECT_FALSE(seen_->note(9, 2, Rule::once_around, 15'000));
  EXPECT_TRUE(seen_->note(9, 2, Rule::once_around, 16'000));
}

TEST_F(FingerprintsTest, LetsANodeSayThePlainTwiceButNobodyElse) {
  EXPECT_TRUE(seen_->note(7, 1, Rule::once_around, 10'000));
  EXPECT_TRUE(seen_->note(7, 1, Rule::once_around, 10'500));
  EXPECT_FALSE(seen_->note(7, 2, Rule::once_around, 11'000));
}

TEST_F(FingerprintsTest, LetsANodeSayWhatAnotherSaidButNoRepeater) {
  EXPECT_TRUE(seen_->note(7, 1, Rule::always, 10'000));
  EXPECT_TRUE(seen_->note(7, 2, Rule::always, 10'500));
  EXPECT_FALSE(seen_->note(7, 3, Rule::once_around, 11'000));
}

TEST_F(FingerprintsTest, AClockOfAnotherProcessMayBeASecondBehind) {
  EXPECT_TRUE(seen_->note(7, 1, Rule::once, 11'000));
  EXPECT_FALSE(seen_->note(7, 2, Rule::once, 10'999));
}

TEST_F(FingerprintsTest, ForgetsTheOldestWhereItIsOverrun) {
  constexpr std::uint64_t step = std::uint64_t{1} << 40;  // the same bucket, another tag
  for (std::uint64_t i = 0; i <= 8; ++i)
    EXPECT_TRUE(seen_->note(i * step, 1, Rule::once, 10'000 + i * 125));
  EXPECT_FALSE(seen_->note(8 * step, 1, Rule::once, 11'100));
}

TEST_F(FingerprintsTest, IsNotNewForTwoProcessesAtOnce) {
  constexpr int datagrams = 20'000;
  std::atomic<int> taken{0};
  const auto bring = [&](unsigned source) {
    for (std::uint64_t i = 0; i < datagrams; ++i)
      if (seen_->note(i * 0x9e3779b97f4a7c15, source, Rule::once, 10'000)) ++taken;
  };
  std::thread first(bring, 1);
  std::thread second(bring, 2);
  first.join();
  second.join();
  EXPECT_EQ(taken, datagrams);
}

}  // namespace
}  // namespace reprise::repeater
