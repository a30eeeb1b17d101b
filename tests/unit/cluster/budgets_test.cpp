// What is done for strangers, and for members, in a second at most.
#include <cstring>

#include <gtest/gtest.h>

#include "cluster/budget.hpp"
#include "harness.hpp"

namespace reprise::cluster {
namespace {

using namespace testing;

TEST(BudgetTest, WhatWasNotUsedIsNotSaved) {
  Budget budget(3);
  for (const Moment second : {10u, 11u, 20u}) {
    for (int i = 0; i < 3; ++i)
      EXPECT_TRUE(budget.allow(second * 1000 + 999));
    EXPECT_FALSE(budget.allow(second * 1000 + 999));
  }
}

TEST(BudgetsTest, MadeUpSendersAreLookedAtTwentyThousandTimesASecond) {
  World world;
  Node& node = world.add();
  const seal::CacheKeys keys = keys_of({"one"});
  OwnSender sender(*keys.packets, seal::Cipher::aes_256_gcm, draw_name(), world.now);
  std::string datagram;
  sender.seal(seal::Kind::push, 0, "not of anybody", datagram);
  constexpr int sent = 20'100;
  for (int i = 0; i < sent; ++i) {
    std::memcpy(datagram.data() + 16, &i, sizeof i);  // in the sender's name
    node.hear(datagram, 9);
  }
  EXPECT_EQ(node.rejected(sync::Rejection::forged), 20'000u);
  EXPECT_EQ(node.rejected(sync::Rejection::shed), 100u);
  EXPECT_EQ(node.member().peers().live_count(), 0u);
  world.now += 1000;
  node.hear(datagram, 9);
  EXPECT_EQ(node.rejected(sync::Rejection::forged), 20'001u);
}

TEST(BudgetsTest, FiveHundredNewNamesAreChallengedASecond) {
  World world;
  Node& node = world.add();
  const seal::CacheKeys keys = keys_of({"one"});
  const auto say = [&] {
    OwnSender sender(*keys.packets, seal::Cipher::aes_256_gcm, draw_name(), world.now);
    std::string plaintext, datagram;
    append_preamble(plaintext, {9, 1, 0});
    append(plaintext, Hello{});
    sender.seal(seal::Kind::control, 0, plaintext, datagram);
    node.hear(datagram, 9);
  };
  for (int i = 0; i < 600; ++i)
    say();
  EXPECT_EQ(node.shared().counters.challenges_sent.get(), 500u);
  world.now += 1000;
  say();
  EXPECT_EQ(node.shared().counters.challenges_sent.get(), 501u);
}

TEST(BudgetsTest, AHelloHasNoMoreItemsThanItMay) {
  Hello hello;
  hello.former_nodes.assign(Hello::most_former_nodes + 3, 7);
  std::string text;
  append(text, hello);
  const auto messages = read_messages(text);
  ASSERT_TRUE(messages);
  const auto told = read_hello(messages->front().body);
  ASSERT_TRUE(told);
  EXPECT_EQ(told->former_nodes.size(), Hello::most_former_nodes);
  std::string more(messages->front().body);
  more[0] = static_cast<char>(Hello::most_former_nodes + 1);
  EXPECT_FALSE(read_hello(more));
  std::string keys(messages->front().body);
  const std::size_t count_at = 1 + 2 * Hello::most_former_nodes + 4 + 8 + 6 + 8;
  ASSERT_EQ(keys[count_at], 0);
  keys[count_at] = static_cast<char>(seal::most_secrets + 1);
  EXPECT_FALSE(read_hello(keys + std::string(100, '\0')));
}

}  // namespace
}  // namespace reprise::cluster
