#include "shm/mailbox.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <map>

#include <gtest/gtest.h>

namespace reprise::shm {
namespace {

constexpr std::size_t size = std::size_t{1} << 18;

bool rings(const Mailbox& box, int milliseconds) {
  pollfd bell{box.doorbell(), POLLIN, 0};
  return ::poll(&bell, 1, milliseconds) == 1;
}

UniqueFd copy_of(int fd) {
  return UniqueFd(::fcntl(fd, F_DUPFD_CLOEXEC, 0));
}

TEST(MailboxTest, GivesWhatWasPutInItsOrder) {
  Mailbox box("test", size);
  std::string message;
  EXPECT_FALSE(box.take(message));
  for (int i = 0; i < 20'000; ++i) {  // several times around
    const std::string text(static_cast<std::size_t>(i % 300), static_cast<char>(i));
    ASSERT_TRUE(box.put(text));
    ASSERT_TRUE(box.take(message));
    ASSERT_EQ(message, text);
  }
}

TEST(MailboxTest, AFullOneSaysSoAndGoesOnOnceThereIsRoom) {
  Mailbox box("test", size);
  const std::string text(1000, 'x');
  std::size_t count = 0;
  while (box.put(text))
    ++count;
  EXPECT_EQ(count, size / 1004);
  EXPECT_FALSE(box.put(text));
  std::string message;
  ASSERT_TRUE(box.take(message));
  EXPECT_TRUE(box.put(text));
  EXPECT_FALSE(box.put(std::string(Mailbox::largest_message + 1, 'x')));
}

TEST(MailboxTest, RingsOnlyForAReaderThatSleeps) {
  Mailbox box("test", size);
  box.put("a");
  EXPECT_FALSE(rings(box, 0));
  EXPECT_FALSE(box.fall_asleep());
  std::string message;
  ASSERT_TRUE(box.take(message));
  ASSERT_TRUE(box.fall_asleep());
  box.put("b");
  EXPECT_TRUE(rings(box, 0));
  box.wake_up();
  EXPECT_FALSE(rings(box, 0));
}

TEST(MailboxTest, WhatAnotherProgramMadeIsTakenOver) {
  Mailbox box("test", size);
  box.put("before");
  Mailbox next(copy_of(box.region_fd()), copy_of(box.doorbell()), size);
  std::string message;
  ASSERT_TRUE(next.take(message));
  EXPECT_EQ(message, "before");
  box.put("after");
  ASSERT_TRUE(next.take(message));
  EXPECT_EQ(message, "after");
  EXPECT_THROW(Mailbox(copy_of(box.region_fd()), copy_of(box.doorbell()), 2 * size),
               std::system_error);
}

// Writers that are killed at any moment lose nothing but what they were writing, and hold up
// nobody.
TEST(MailboxTest, SurvivesWritersThatAreKilled) {
  Mailbox box("test", size);
  const auto start_writer = [&](char name) {
    const pid_t pid = ::fork();
    if (pid != 0) return pid;
    for (std::uint64_t i = 0;; ++i) {
      std::string text(1, name);
      text.append(reinterpret_cast<const char*>(&i), sizeof i).append(i % 50, name);
      while (!box.put(text))
        ::usleep(100);
    }
  };
  std::map<char, std::uint64_t> next;
  std::string message;
  const auto read_some = [&](int count) {
    for (int i = 0; i < count;) {
      if (!box.take(message)) {
        if (box.fall_asleep()) {
          ASSERT_TRUE(rings(box, 10'000)) << "nobody writes any more";
          box.wake_up();
        }
        continue;
      }
      ++i;
      ASSERT_GE(message.size(), 9u);
      std::uint64_t number = 0;
      std::copy_n(message.data() + 1, sizeof number, reinterpret_cast<char*>(&number));
      ASSERT_EQ(number, next[message[0]]++);
      ASSERT_EQ(message.substr(9), std::string(number % 50, message[0]));
    }
  };
  for (int round = 0; round < 30; ++round) {
    next.clear();
    const pid_t a = start_writer('a'), b = start_writer('b');
    read_some(300);
    for (const pid_t pid : {a, b}) {
      ::kill(pid, SIGKILL);
      ::waitpid(pid, nullptr, 0);
    }
    while (box.take(message)) {
    }
  }
}

// A writer may be anybody's by now.
TEST(MailboxTest, DamageLeadsNobodyOutOfIt) {
  Mailbox box("test", size);
  ASSERT_TRUE(box.put("x"));
  const std::size_t head = 4096;
  void* const mapped =
      ::mmap(nullptr, head + 64, PROT_READ | PROT_WRITE, MAP_SHARED, box.region_fd(), 0);
  ASSERT_NE(mapped, MAP_FAILED);
  auto* const words = static_cast<std::uint64_t*>(mapped);
  std::size_t end = 0;
  while (end < head / 8 && words[end] != 5)  // four bytes of length, and the message
    end += 8;
  ASSERT_LT(end, head / 8);
  std::string message;
  words[end] = std::uint64_t{1} << 40;
  EXPECT_FALSE(box.take(message));
  ASSERT_TRUE(box.put("y"));
  ASSERT_TRUE(box.take(message));
  EXPECT_EQ(message, "y");
  // A length that is larger than any message.
  ASSERT_TRUE(box.put(std::string(100, 'z')));
  const std::uint32_t length = 0xfffffff0;
  std::memcpy(static_cast<char*>(mapped) + head + (words[end] - 104) % size, &length, 4);
  EXPECT_FALSE(box.take(message));
  ::munmap(mapped, head + 64);
}

}  // namespace
}  // namespace reprise::shm
