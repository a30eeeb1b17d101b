#include "application/user_locks.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <thread>

#include <gtest/gtest.h>

namespace reprise::application {
namespace {

TEST(UserLocks, OneThreadAtATime) {
  const UserLocks locks(2);
  EXPECT_FALSE(locks.is_locked(0));
  EXPECT_TRUE(locks.lock(0));
  EXPECT_TRUE(locks.is_locked(0));
  EXPECT_FALSE(locks.is_locked(1));
  EXPECT_FALSE(locks.lock(0)) << "it would wait for itself";
  EXPECT_EQ(locks.holder(0), static_cast<std::uint64_t>(::getpid()));
  std::thread([&] {
    EXPECT_TRUE(locks.is_locked(0));
    locks.unlock(0);  // not its own
  }).join();
  EXPECT_TRUE(locks.is_locked(0));
  locks.unlock(0);
  EXPECT_FALSE(locks.is_locked(0));
  EXPECT_EQ(locks.holder(0), 0u);
}

TEST(UserLocks, ADeadHolderLetsGo) {
  const UserLocks locks(1);
  const pid_t child = ::fork();
  if (child == 0) ::_exit(locks.lock(0) ? 0 : 1);
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  EXPECT_TRUE(locks.lock(0));
  locks.unlock(0);
}

}  // namespace
}  // namespace reprise::application
