#include "base/line_allowance.hpp"

#include <gtest/gtest.h>

namespace reprise::log {
namespace {

TEST(LineAllowance, LetsAsManyThroughAsItIsToldAndCountsTheOthers) {
  LineAllowance lines(3, std::chrono::hours(1));
  for (int line = 0; line < 3; ++line)
    EXPECT_TRUE(lines.allow()) << line;
  EXPECT_EQ(lines.left_out(), 0U);
  EXPECT_FALSE(lines.allow());
  EXPECT_FALSE(lines.allow());
  EXPECT_EQ(lines.left_out(), 2U);
  EXPECT_EQ(lines.left_out(), 0U) << "told already";
  EXPECT_FALSE(lines.allow());
}

TEST(LineAllowance, EachIntervalHasItsOwn) {
  LineAllowance lines(2, std::chrono::milliseconds(1));
  int written = 0;
  std::uint64_t refused = 0;
  while (written < 10) {
    if (lines.allow()) {
      ++written;
    } else {
      ++refused;
    }
  }
  EXPECT_EQ(lines.left_out(), refused) << "over all of them";
}

}  // namespace
}  // namespace reprise::log
