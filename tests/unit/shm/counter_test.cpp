#include "shm/counter.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "shm/region.hpp"

namespace reprise::shm {
namespace {

TEST(Counter, Counts) {
  Counter counter;
  EXPECT_EQ(counter.get(), 0U);
  counter.add();
  counter.add(9);
  counter.subtract(3);
  EXPECT_EQ(counter.get(), 7U);
  counter.set(2);
  counter.subtract();
  EXPECT_EQ(counter.get(), 1U);
}

TEST(Counter, FreshMemoryIsZero) {
  const Region region = Region::create("counter", sizeof(Counter));
  EXPECT_EQ(reinterpret_cast<Counter*>(region.data())->get(), 0U);
}

TEST(Counter, ManyProcessesAddToIt) {
  const Region region = Region::create("counter", sizeof(Counter));
  auto& counter = *new (region.data()) Counter;
  constexpr int processes = 4, turns = 20000;
  for (int i = 0; i < processes; ++i) {
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child > 0) continue;
    for (int turn = 0; turn < turns; ++turn)
      counter.add();
    ::_exit(0);
  }
  for (int i = 0; i < processes; ++i)
    ASSERT_GT(::wait(nullptr), 0);
  EXPECT_EQ(counter.get(), static_cast<std::uint64_t>(processes * turns));
}

}  // namespace
}  // namespace reprise::shm
