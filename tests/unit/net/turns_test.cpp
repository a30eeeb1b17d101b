#include "net/turns.hpp"

#include <gtest/gtest.h>

namespace reprise::net {
namespace {

int turns_until_over(Turns& turns) {
  int taken = 1;
  while (!turns.over())
    ++taken;
  return taken;
}

TEST(Turns, AreOverAfterTheSameNumberEachTime) {
  Turns turns;
  const int first = turns_until_over(turns);
  EXPECT_GT(first, 1);
  EXPECT_EQ(turns_until_over(turns), first);
}

TEST(Turns, WhoWaitedStartsAgain) {
  Turns turns;
  const int all = turns_until_over(turns);
  EXPECT_FALSE(turns.over());
  turns.waited();
  EXPECT_EQ(turns_until_over(turns), all);
}

}  // namespace
}  // namespace reprise::net
