#include "net/deadline.hpp"

#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "base/clock.hpp"

namespace reprise::net {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

// Time is what the test says: the timer never comes, sweep() is called instead.
class DeadlineTest : public ::testing::Test {
protected:
  std::unique_ptr<Deadline> deadline(std::function<void()> passed) {
    return std::make_unique<Deadline>(deadlines_, std::move(passed));
  }
  std::unique_ptr<Deadline> counted() {
    return deadline([this] { ++passed_; });
  }
  // How many have passed by that time.
  int sweep(seconds at) {
    const int before = passed_;
    deadlines_.sweep(start_ + at);
    return passed_ - before;
  }

  asio::io_context io_;
  Deadlines deadlines_{io_, hours(1)};
  Deadline::Clock::time_point start_ = coarse_now();
  int passed_ = 0;
};

TEST_F(DeadlineTest, PassesOnce) {
  const auto one = counted();
  *one = start_ + seconds(5);
  EXPECT_EQ(sweep(seconds(4)), 0);
  EXPECT_FALSE(one->has_passed());
  EXPECT_EQ(sweep(seconds(5)), 1);
  EXPECT_TRUE(one->has_passed());
  EXPECT_EQ(sweep(seconds(500)), 0);
}

TEST_F(DeadlineTest, OneThatWasNeverSetDoesNotPass) {
  const auto one = counted();
  EXPECT_EQ(one->at(), Deadline::never);
  EXPECT_EQ(sweep(hours(1000000)), 0);
}

TEST_F(DeadlineTest, MovesWithEachAssignment) {
  const auto one = counted();
  *one = start_ + seconds(5);
  *one = start_ + seconds(10);
  EXPECT_EQ(sweep(seconds(9)), 0);
  *one = start_ + seconds(9);
  EXPECT_EQ(sweep(seconds(9)), 1);
}

TEST_F(DeadlineTest, CanBeCalledOffAndSetAgain) {
  const auto one = counted();
  *one = start_ + seconds(5);
  *one = Deadline::never;
  EXPECT_EQ(sweep(hours(1000000)), 0);
  *one = start_ + seconds(7);
  EXPECT_EQ(sweep(seconds(7)), 1);
}

TEST_F(DeadlineTest, StartsAgainAfterItHasPassed) {
  const auto one = counted();
  *one = start_;
  EXPECT_EQ(sweep(seconds(0)), 1);
  *one = start_ + seconds(1);
  EXPECT_FALSE(one->has_passed());
  EXPECT_EQ(sweep(seconds(1)), 1);
}

TEST_F(DeadlineTest, OneThatIsGoneDoesNotPass) {
  auto one = counted();
  const auto other = counted();
  *one = start_;
  *other = start_;
  one.reset();
  EXPECT_EQ(sweep(seconds(0)), 1);
}

TEST_F(DeadlineTest, ACallbackMaySetItAgain) {
  std::unique_ptr<Deadline> one;
  one = deadline([&] {
    ++passed_;
    *one = start_ + seconds(10);
  });
  *one = start_ + seconds(5);
  EXPECT_EQ(sweep(seconds(5)), 1);
  EXPECT_FALSE(one->has_passed());
  EXPECT_EQ(sweep(seconds(9)), 0);
  EXPECT_EQ(sweep(seconds(10)), 1);
}

TEST_F(DeadlineTest, ACallbackThatSetsItIntoThePastComesWithTheNextSweep) {
  std::unique_ptr<Deadline> one;
  one = deadline([&] {
    ++passed_;
    *one = start_;
  });
  *one = start_;
  EXPECT_EQ(sweep(seconds(1)), 1);
  EXPECT_EQ(sweep(seconds(1)), 1);
}

TEST_F(DeadlineTest, ACallbackMayDestroyItsOwn) {
  std::unique_ptr<Deadline> one;
  one = deadline([this, &one] {
    ++passed_;
    one.reset();  // and with it what this callback captured
  });
  *one = start_;
  EXPECT_EQ(sweep(seconds(0)), 1);
  EXPECT_EQ(one, nullptr);
}

// Each of them destroys all the others, whichever comes first: those that have passed as well,
// those that have not, those that were called off, and those that were never set.
TEST_F(DeadlineTest, ACallbackMayDestroyOthers) {
  for (std::size_t first = 0; first < 4; ++first) {
    std::vector<std::unique_ptr<Deadline>> all(8);
    for (std::size_t i = 0; i < all.size(); ++i) {
      all[i] = deadline([&all, i, this] {
        ++passed_;
        for (std::size_t k = 0; k < all.size(); ++k) {
          if (k != i) all[k].reset();
        }
      });
    }
    for (std::size_t i = 0; i < 4; ++i)
      *all[(first + i) % 4] = start_;  // passes
    *all[4] = start_ + seconds(50);
    *all[5] = start_ + seconds(50);
    *all[6] = start_;
    *all[6] = Deadline::never;
    EXPECT_EQ(sweep(seconds(1)), 1) << first;
    EXPECT_NE(all[first], nullptr) << "the first set is the first to pass";
    all.clear();
    EXPECT_EQ(sweep(seconds(100)), 0);
  }
}

TEST_F(DeadlineTest, ACallbackMayMoveOthersThatHavePassed) {
  const auto moved = counted(), called_off = counted();
  const auto one = deadline([&] {
    *moved = start_ + seconds(50);
    *called_off = Deadline::never;
  });
  *one = start_;
  *moved = start_;
  *called_off = start_;
  EXPECT_EQ(sweep(seconds(1)), 0);
  EXPECT_FALSE(moved->has_passed());
  EXPECT_EQ(sweep(seconds(50)), 1);
}

TEST_F(DeadlineTest, ACallbackMayMakeMore) {
  std::unique_ptr<Deadline> more;
  const auto one = deadline([&] {
    more = counted();
    *more = start_;
  });
  *one = start_;
  EXPECT_EQ(sweep(seconds(0)), 0);
  EXPECT_EQ(sweep(seconds(0)), 1);
}

// With the timer.

TEST(Deadlines, TheirTimerRunsUntilNothingIsLeft) {
  asio::io_context io;
  Deadlines deadlines(io, milliseconds(1));
  int passed = 0;
  Deadline one(deadlines, [&] { ++passed; }), other(deadlines, [&] { ++passed; });
  one.set_from_now(milliseconds(5));
  other.set_from_now(milliseconds(20));
  const auto start = coarse_now();
  Reactor::of(io).run();  // ends when no timer is under way
  EXPECT_EQ(passed, 2);
  EXPECT_GE(coarse_now() - start, milliseconds(15));
}

TEST(Deadlines, MayGoWhenTheirTimerHasExpired) {
  asio::io_context io;
  std::optional<Deadlines> deadlines(std::in_place, io, milliseconds(1));
  auto one = std::make_unique<Deadline>(*deadlines, [] { ADD_FAILURE(); });
  one->set_from_now(milliseconds(0));
  std::this_thread::sleep_for(milliseconds(5));
  Reactor::of(io).poll();  // the callback is ready to run
  one.reset();
  deadlines.reset();
  Reactor::of(io).poll();
}

TEST(Deadlines, AnIdleProcessIsNotWoken) {
  asio::io_context io;
  Deadlines deadlines(io, milliseconds(1));
  Deadline never_set(deadlines, [] {});
  EXPECT_EQ(Reactor::of(io).run(), 0U);
  {
    Deadline gone(deadlines, [] { ADD_FAILURE(); });
    gone.set_from_now(hours(1));
  }
  io.restart();
  EXPECT_EQ(Reactor::of(io).run(), 1U) << "one sweep, which finds nothing";
}

TEST(Deadlines, ATimerIsStartedAgain) {
  asio::io_context io;
  Deadlines deadlines(io, milliseconds(1));
  int passed = 0;
  Deadline one(deadlines, [&] { ++passed; });
  for (int turn = 1; turn <= 3; ++turn) {
    one.set_from_now(milliseconds(0));
    io.restart();
    Reactor::of(io).run();
    EXPECT_EQ(passed, turn);
  }
}

}  // namespace
}  // namespace reprise::net
