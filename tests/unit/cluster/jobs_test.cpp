#include "cluster/jobs.hpp"

#include <gtest/gtest.h>

namespace reprise::cluster {
namespace {

constexpr Moment now = 1'000'000;

Job job(unsigned char to, std::uint64_t number, Job::What what = Job::What::give) {
  return {what, {to}, number};
}

TEST(JobsTest, AreDoneInTheOrderInWhichTheyWereAskedFor) {
  Jobs jobs;
  EXPECT_TRUE(jobs.add(job(1, 5), now));
  EXPECT_TRUE(jobs.add(job(2, 4), now));
  EXPECT_EQ(jobs.next(now)->number, 5u);
  EXPECT_EQ(jobs.next(now)->number, 4u);
  EXPECT_FALSE(jobs.next(now));
}

TEST(JobsTest, WhatWaitsOrWasDoneAMomentAgoIsNotDoneAgain) {
  Jobs jobs;
  EXPECT_TRUE(jobs.add(job(1, 5), now));
  for (int i = 0; i < 10; ++i)
    EXPECT_FALSE(jobs.add(job(1, 5), now + 5000));
  EXPECT_TRUE(jobs.add(job(2, 5), now));
  EXPECT_TRUE(jobs.add(job(1, 5, Job::What::repair), now));
  while (jobs.next(now + 5000)) {
  }
  EXPECT_FALSE(jobs.add(job(1, 5), now + 5000 + Jobs::memory - 1));
  EXPECT_TRUE(jobs.add(job(1, 5), now + 5000 + Jobs::memory));
}

TEST(JobsTest, OneThatAsksForVeryMuchLeavesRoomForTheOthers) {
  Jobs jobs;
  std::uint64_t number = 0;
  while (jobs.add(job(1, ++number), now)) {
  }
  EXPECT_EQ(jobs.size(), Jobs::most / 2);
  while (jobs.add(job(2, ++number), now)) {
  }
  EXPECT_EQ(jobs.size(), Jobs::most * 3 / 4);
  EXPECT_TRUE(jobs.add(job(3, ++number), now));
  EXPECT_FALSE(jobs.add(job(1, ++number), now));
  // What was done makes room.
  while (jobs.next(now)) {
  }
  EXPECT_TRUE(jobs.add(job(1, ++number), now));
}

TEST(JobsTest, RememberNotMoreThanThereIsRoomFor) {
  Jobs jobs;
  std::size_t taken = 0;
  for (std::uint64_t i = 0; i < 10 * Jobs::most; ++i) {
    taken += jobs.add(job(1, i), now) ? 1 : 0;
    jobs.next(now);
  }
  EXPECT_EQ(taken, 2 * Jobs::most);
  EXPECT_TRUE(jobs.add(job(1, 1), now + Jobs::memory));
}

}  // namespace
}  // namespace reprise::cluster
