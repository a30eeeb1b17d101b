#include "shm/robust_mutex.hpp"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "base/unique_fd.hpp"
#include "shm/region.hpp"

namespace reprise::shm {
namespace {

// A lock, and two numbers that are equal whenever nobody holds it.
struct Shared {
  RobustMutex mutex;
  int first = 0;
  int second = 0;
  int repairs = 0;
};

class RobustMutexTest : public ::testing::Test {
protected:
  RobustMutexTest()
      : region_(Region::create("mutex", sizeof(Shared))), shared_(*new (region_.data()) Shared) {}

  void repair() {
    shared_.second = shared_.first;
    ++shared_.repairs;
  }
  [[nodiscard]] RobustMutex::Held lock() {
    return shared_.mutex.lock_or_repair([this] { repair(); });
  }

  // A process that does `work` and is killed in the middle of it, or after it.
  template <class Work>
  void die_in(Work work) {
    const pid_t child = start([&] {
      work();
      ::raise(SIGKILL);
    });
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) << status;
  }
  template <class Work>
  pid_t start(Work work) {
    const pid_t child = ::fork();
    if (child != 0) return child;
    work();
    ::_exit(0);
  }

  Region region_;
  Shared& shared_;
};

TEST_F(RobustMutexTest, NothingIsRepairedWhileAllGoesWell) {
  { const auto held = lock(); }
  const pid_t child = start([this] { const auto held = lock(); });
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
  const auto held = lock();
  EXPECT_EQ(shared_.repairs, 0);
}

TEST_F(RobustMutexTest, AHolderThatDiedIsRepairedAfterOnce) {
  die_in([this] {
    const auto held = lock();
    shared_.first = 1;
    ::raise(SIGKILL);
  });
  for (int turn = 0; turn < 3; ++turn) {
    const auto held = lock();
    EXPECT_EQ(shared_.second, 1);
    EXPECT_EQ(shared_.repairs, 1);
  }
}

TEST_F(RobustMutexTest, WhoDiesOutsideLeavesNothingToRepair) {
  die_in([this] { const auto held = lock(); });
  const auto held = lock();
  EXPECT_EQ(shared_.repairs, 0);
}

TEST_F(RobustMutexTest, ARepairerThatDiesIsRepairedAfter) {
  die_in([this] {
    const auto held = lock();
    shared_.first = 1;
    ::raise(SIGKILL);
  });
  for (int turn = 0; turn < 3; ++turn) {
    die_in([this] { static_cast<void>(shared_.mutex.lock_or_repair([] { ::raise(SIGKILL); })); });
  }
  EXPECT_EQ(shared_.repairs, 0);
  const auto held = lock();
  EXPECT_EQ(shared_.second, 1);
  EXPECT_EQ(shared_.repairs, 1);
}

TEST_F(RobustMutexTest, ARepairerThatDiesLaterIsAHolderThatDied) {
  die_in([this] {
    const auto held = lock();
    ::raise(SIGKILL);
  });
  die_in([this] {
    const auto held = lock();  // repairs
    shared_.first = 2;
    ::raise(SIGKILL);
  });
  const auto held = lock();
  EXPECT_EQ(shared_.second, 2);
  EXPECT_EQ(shared_.repairs, 2);
}

TEST_F(RobustMutexTest, WhoAlreadyWaitsRepairs) {
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const UniqueFd read_end(ready[0]), write_end(ready[1]);
  const pid_t holder = start([&] {
    const auto held = lock();
    shared_.first = 3;
    static_cast<void>(!::write(write_end.get(), "x", 1));
    ::pause();
  });
  char byte = 0;
  ASSERT_EQ(::read(read_end.get(), &byte, 1), 1);
  const pid_t waiter = start([&] {
    const auto held = lock();
    ::_exit(shared_.second == 3 && shared_.repairs == 1 ? 0 : 1);
  });
  // Whether the waiter waits by now or comes later: it has to get the lock, once.
  ::kill(holder, SIGKILL);
  ASSERT_EQ(::waitpid(holder, nullptr, 0), holder);
  int status = -1;
  ASSERT_EQ(::waitpid(waiter, &status, 0), waiter);
  EXPECT_EQ(status, 0);
}

TEST_F(RobustMutexTest, KeepsProcessesApart) {
  constexpr int processes = 4, turns = 5000;
  for (int i = 0; i < processes; ++i) {
    ASSERT_GT(start([this] {
                for (int turn = 0; turn < turns; ++turn) {
                  const auto held = lock();
                  ++shared_.first;
                }
              }),
              0);
  }
  for (int i = 0; i < processes; ++i)
    ASSERT_GT(::wait(nullptr), 0);
  EXPECT_EQ(shared_.first, processes * turns);
}

}  // namespace
}  // namespace reprise::shm
