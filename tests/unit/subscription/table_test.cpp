#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness.hpp"

namespace reprise::subscription::testing {
namespace {

using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Outcome = Table::Outcome;

constexpr Table::Size small{.keys = 4, .nodes = 8, .nodes_of_key = 3, .nodes_of_source = 5};

std::optional<Lease> ask(Table& table, std::string_view key, std::int64_t ms = 0,
                         std::size_t worker = 0) {
  return table.choose({key, "", Algorithm::wrr, seconds(17), worker}, at(ms));
}

TEST(Table, KeysAreFoundWithoutCaseAndWithTheirPort) {
  Table table("test", {});
  EXPECT_EQ(table.announce(node("App.Example", "a"), at(0)), Outcome::new_pool);
  EXPECT_EQ(table.announce(node("app.example", "b"), at(0)), Outcome::new_node);
  EXPECT_EQ(table.announce(node("app.example", "b"), at(0)), Outcome::known);
  EXPECT_TRUE(ask(table, "APP.example"));
  EXPECT_FALSE(ask(table, "app.example:80"));
  EXPECT_THAT(contents(table), ElementsAre("App.Example a,b"));
}

TEST(Table, HashesAreThoseThatUwsgiShows) {
  EXPECT_EQ(hash_of("app.example:8080"), 20827U);
  EXPECT_EQ(hash_of(std::string(200, 'x')), 32967U);
  EXPECT_EQ(hash_of("a"), 46534U);
  EXPECT_EQ(hash_of("caf\xe9"), 50103U);
}

TEST(Table, AnAnnounceRenewsANode) {
  Table table("test", {});
  table.announce(node("k", "a", 3), at(0));
  auto lease = ask(table, "k");
  lease->connected();
  lease->failed();
  EXPECT_FALSE(ask(table, "k")) << "it could not be reached";
  NodeFacts again = node("k", "a", 7);
  again.modifier1 = 5;
  table.announce(again, at(1000));
  const NodeState state = table.snapshot()[0].nodes[0];
  EXPECT_EQ(state.weight, 7U);
  EXPECT_EQ(state.modifier1, 5U);
  EXPECT_FALSE(state.dead);
  EXPECT_EQ(state.failures, 1U);
  EXPECT_EQ(state.requests, 1U);
  EXPECT_EQ(state.last_requests, 0U);
  EXPECT_TRUE(ask(table, "k", 1000));
}

TEST(Table, ANodeThatLeavesFinishesWhatIsUnderWay) {
  Table table("test", {});
  table.announce(node("k", "a"), at(0));
  {
    const auto lease = ask(table, "k");
    EXPECT_TRUE(table.leave("k", "a"));
    EXPECT_FALSE(ask(table, "k"));
    table.sweep(at(0), seconds(17));
    EXPECT_EQ(lease->address(), "a") << "its place is kept";
    EXPECT_EQ(table.snapshot()[0].nodes[0].references, 1U);
  }
  table.sweep(at(0), seconds(17));
  EXPECT_THAT(contents(table), IsEmpty());
  EXPECT_FALSE(table.leave("k", "a"));
}

TEST(Table, SilentNodesLeave) {
  Table table("test", {});
  table.announce(node("k", "a"), at(0));
  table.announce(node("k", "b"), at(10'000));
  EXPECT_THAT(table.sweep(at(17'000), seconds(17)), IsEmpty());
  EXPECT_EQ(ask(table, "k", 18'000)->address(), "b") << "also before anybody sweeps";
  const auto silent = table.sweep(at(18'000), seconds(17));
  ASSERT_EQ(silent.size(), 1U);
  EXPECT_EQ(silent[0].address, "a");
  EXPECT_EQ(silent[0].seconds, 18U);
  EXPECT_THAT(contents(table), ElementsAre("k b"));
}

TEST(Table, Bounds) {
  Table table("test", small);
  EXPECT_EQ(table.announce(node("k", "a"), at(0)), Outcome::new_pool);
  EXPECT_EQ(table.announce(node("k", "b"), at(0)), Outcome::new_node);
  EXPECT_EQ(table.announce(node("k", "c"), at(0)), Outcome::new_node);
  EXPECT_EQ(table.announce(node("k", "d", 1, 2), at(0)), Outcome::too_many) << "of one key";
  EXPECT_EQ(table.announce(node("l", "a"), at(0)), Outcome::new_pool);
  EXPECT_EQ(table.announce(node("m", "a"), at(0)), Outcome::new_pool);
  EXPECT_EQ(table.announce(node("n", "a"), at(0)), Outcome::too_many) << "of one source";
  EXPECT_EQ(table.announce(node("n", "a", 1, 2), at(0)), Outcome::new_pool);
  EXPECT_EQ(table.announce(node("o", "a", 1, 2), at(0)), Outcome::full) << "of keys";
  EXPECT_EQ(table.announce(node("n", "b", 1, 2), at(0)), Outcome::new_node);
  EXPECT_EQ(table.announce(node("m", "b", 1, 2), at(0)), Outcome::new_node);
  EXPECT_EQ(table.announce(node("l", "b", 1, 2), at(0)), Outcome::full) << "of nodes";
  EXPECT_EQ(table.announce(node("k", "a"), at(0)), Outcome::known) << "who is in stays in";
  table.leave("n", "a");
  table.leave("n", "b");
  EXPECT_EQ(table.announce(node("o", "a", 1, 2), at(0)), Outcome::new_pool) << "places come back";
}

TEST(Table, ChainsHoldWhileKeysComeAndGo) {
  Table table("test", {.keys = 16, .nodes = 64});
  for (int round = 0; round < 20; ++round) {
    for (int i = 0; i < 16; ++i)
      table.announce(node("k" + std::to_string(i * 31 + round), "a"), at(0));
    for (int i = 0; i < 16; ++i) {
      const std::string key = "k" + std::to_string(i * 31 + round);
      EXPECT_TRUE(ask(table, key)) << key;
      EXPECT_TRUE(table.leave(key, "a"));
      EXPECT_FALSE(ask(table, key)) << key;
    }
  }
  EXPECT_THAT(contents(table), IsEmpty());
}

TEST(Table, TheNextGenerationKnowsWhatTheLastOneKnew) {
  Table former("test", {});
  former.announce(node("k", "b"), at(0));
  former.announce(node("k", "a"), at(0));
  former.announce(node("l", "c"), at(0));
  former.stamps().note(7, /*leaves=*/false, 100);
  const auto lease = ask(former, "k");
  Table next("test", {});
  next.take_over(UniqueFd(::dup(former.region_fd())));
  EXPECT_EQ(contents(next), contents(former));
  EXPECT_EQ(next.snapshot()[0].nodes[0].references, 0U) << "those are the old workers'";
  EXPECT_FALSE(next.stamps().is_new(7, false, 100));
  EXPECT_TRUE(next.leave("k", "b"));
  EXPECT_EQ(contents(former).size(), 2U);
  EXPECT_EQ(next.announce(node("k", "d"), at(0)), Outcome::new_node);
}

TEST(Table, ATableOfAnotherLayoutIsNotTakenOver) {
  Table former("test", small);
  former.announce(node("k", "a"), at(0));
  Table next("test", {});
  next.take_over(UniqueFd(::dup(former.region_fd())));
  EXPECT_THAT(contents(next), IsEmpty());
}

TEST(Table, WhatADeadWorkerHadUnderWayGoesWithIt) {
  Table table("test", {});
  table.announce(node("k", "a"), at(0));
  const auto mine = ask(table, "k", 0, 1);
  if (const pid_t child = ::fork(); child == 0) {
    auto lease = ask(table, "k", 0, 2);
    ::_exit(lease ? 0 : 1);
  } else {
    int status = 1;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_EQ(status, 0);
  }
  EXPECT_EQ(table.snapshot()[0].nodes[0].references, 2U);
  table.forget(2);
  EXPECT_EQ(table.snapshot()[0].nodes[0].references, 1U);
}

// Killed wherever it happens to be, mostly with the lock.
TEST(Table, AProcessThatDiesWedgesNobodyAndBreaksNothing) {
  Table table("test", {.keys = 64, .nodes = 256});
  for (int round = 0; round < 30; ++round) {
    const pid_t child = ::fork();
    if (child == 0) {
      for (unsigned i = 0;; ++i) {
        const std::string key = "k" + std::to_string(i % 50);
        table.announce(node(key, std::to_string(i % 4)), at(0));
        if (i % 3 == 0) table.leave(key, std::to_string(i % 4));
        static_cast<void>(ask(table, key));
      }
    }
    ::usleep(static_cast<useconds_t>(1000 + round * 137));
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    table.forget(0);
    table.announce(node("mine", "a"), at(0));
    EXPECT_TRUE(ask(table, "mine"));
    for (const PoolState& pool : table.snapshot()) {
      EXPECT_FALSE(pool.nodes.empty()) << pool.key;
      EXPECT_TRUE(ask(table, pool.key)) << pool.key;
    }
  }
  for (const PoolState& pool : table.snapshot()) {
    for (const NodeState& each : pool.nodes)
      EXPECT_TRUE(table.leave(pool.key, each.address));
  }
  EXPECT_THAT(contents(table), IsEmpty());
}

}  // namespace
}  // namespace reprise::subscription::testing
