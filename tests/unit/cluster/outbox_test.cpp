#include "cluster/outbox.hpp"

#include <gtest/gtest.h>

namespace reprise::cluster {
namespace {

TEST(OutboxTest, ANoteSaysWhatWasChanged) {
  shm::Mailbox mailbox("notes", std::size_t{1} << 18);
  SharedState shared;
  Outbox outbox(mailbox, shared);
  outbox.publish({sync::Operation::set, "one", "value", 0}, sync::Audience::everyone);
  outbox.publish({sync::Operation::erase, "two", "", 0}, sync::Audience::everyone);
  std::string bytes;
  ASSERT_TRUE(mailbox.take(bytes));
  auto note = read_note(bytes);
  ASSERT_TRUE(note);
  EXPECT_EQ(note->operation, sync::Operation::set);
  EXPECT_EQ(note->key, "one");
  ASSERT_TRUE(mailbox.take(bytes));
  note = read_note(bytes);
  ASSERT_TRUE(note);
  EXPECT_EQ(note->operation, sync::Operation::erase);
  EXPECT_EQ(note->key, "two");
}

TEST(OutboxTest, WhatThereIsNoRoomForIsCounted) {
  shm::Mailbox mailbox("notes", std::size_t{1} << 18);
  SharedState shared;
  Outbox outbox(mailbox, shared);
  const std::string key(60'000, 'k');
  for (int i = 0; i < 10; ++i)
    outbox.publish({sync::Operation::set, key, "value", 0}, sync::Audience::everyone);
  EXPECT_EQ(shared.counters.unsent.get(), 6u);
  outbox.publish({sync::Operation::set, std::string(70'000, 'k'), "v", 0},
                 sync::Audience::everyone);
  EXPECT_EQ(shared.counters.unsent.get(), 7u);
}

TEST(OutboxTest, OtherBytesAreNoNote) {
  for (const std::string bytes : {"", "S", "E", "xkey", "Pkey"})
    EXPECT_FALSE(read_note(bytes)) << bytes;
}

TEST(OutboxTest, ANoteOfAPullIsReadAsAWholeOrNotAtAll) {
  const std::string bytes = write_pull_note({5, {6, 7}});
  const auto note = read_pull_note(bytes);
  ASSERT_TRUE(note);
  EXPECT_EQ(note->board, 5u);
  EXPECT_EQ(note->ticket, (PullBoard::Ticket{6, 7}));
  EXPECT_FALSE(read_pull_note(""));
  EXPECT_FALSE(read_pull_note(bytes.substr(0, bytes.size() - 1)));
  EXPECT_FALSE(read_pull_note(bytes + "x"));
  EXPECT_FALSE(read_pull_note("S" + bytes.substr(1)));
}

}  // namespace
}  // namespace reprise::cluster
