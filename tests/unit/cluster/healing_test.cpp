// How nodes come to have the same sessions, over a network that loses what it is told to.
#include "cluster/healing.hpp"

#include <algorithm>

#include <gtest/gtest.h>

#include "harness.hpp"
#include "insider.hpp"
#include "seal/envelope.hpp"

namespace reprise::cluster {
namespace {

using namespace testing;

constexpr Moment second = 1000;

seal::Kind kind_of(const Flight& flight) {
  seal::Unreadable why{};
  return seal::read_header(flight.datagram, why)->kind;
}

std::size_t count(Node& node, int first, int end) {
  std::size_t here = 0;
  for (int i = first; i < end; ++i)
    here += node.has(id_of(i)) ? 1 : 0;
  return here;
}

TEST(HealingTest, ALostPushIsToldAgainSoon) {
  World world;
  Node& sender = world.add();
  Node& receiver = world.add();
  world.meet();
  sender.make(id_of(1));
  world.deliver();
  world.loses = [](const Flight& flight) { return kind_of(flight) == seal::Kind::push; };
  sender.make(id_of(2));
  sender.make(id_of(3));
  sender.erase(id_of(1));
  world.deliver();
  world.loses = nullptr;
  EXPECT_FALSE(receiver.has(id_of(2)));
  world.pass(2 * second);  // a hello tells of the tail
  EXPECT_TRUE(receiver.has(id_of(2)));
  EXPECT_TRUE(receiver.has(id_of(3)));
  EXPECT_FALSE(receiver.has(id_of(1)));
  EXPECT_EQ(receiver.shared().counters.lost.get(), 3u);
  EXPECT_EQ(receiver.shared().counters.repaired.get(), 3u);
  EXPECT_EQ(receiver.member().peers().live().front()->gaps.missing(), 0u);
  // Nothing was compared for that, and everybody is content.
  EXPECT_EQ(receiver.shared().counters.given_up.get(), 0u);
  EXPECT_EQ(receiver.shared().counters.comparisons.get(), 0u);
}

TEST(HealingTest, WhatTheSenderForgotIsGone) {
  World world;
  Node& sender = world.add();
  Node& receiver = world.add();
  world.meet();
  sender.make(id_of(1));
  world.deliver();
  world.loses = [](const Flight& flight) { return kind_of(flight) == seal::Kind::push; };
  for (int i = 2; i < 2 + static_cast<int>(SentPushes::most) + 5; ++i) {
    sender.make(id_of(2));  // one and the same: the cache is small
    if (i % 1000 == 0) world.deliver();
  }
  world.deliver();
  world.loses = nullptr;
  world.pass(3 * second);
  EXPECT_GT(receiver.shared().counters.given_up.get(), 0u);  // more than are remembered
  EXPECT_TRUE(receiver.has(id_of(2)));
}

TEST(HealingTest, WithEveryPushLostCachesBecomeAlikeByComparing) {
  World world;
  for (int i = 0; i < 4; ++i)
    world.add();
  world.meet();
  world.loses = [](const Flight& flight) { return kind_of(flight) == seal::Kind::push; };
  // Nor is there anything to ask for again.
  for (int i = 0; i < 200; ++i)
    world.node(1000 + static_cast<unsigned>(i) % 4).make(id_of(i));
  world.deliver();
  world.pass(10 * second);
  for (const auto& node : world.nodes()) {
    EXPECT_EQ(count(*node, 0, 200), 200u) << node->port();
    EXPECT_EQ(node->member().peers().live().front()->gaps.missing(), 0u);
  }
  // Then it is quiet.
  const std::uint64_t before = world.node(1000).shared().counters.sealed.get();
  world.recorded.clear();
  world.pass(5 * second);
  EXPECT_LE(world.node(1000).shared().counters.sealed.get() - before, 10u);
}

TEST(HealingTest, APartitionHeals) {
  World world;
  for (int i = 0; i < 4; ++i)
    world.add();
  world.meet();
  world.loses = [](const Flight& flight) { return flight.from / 2 != flight.to / 2; };
  for (int i = 0; i < 200; ++i) {
    world.node(1000 + static_cast<unsigned>(i) % 4).make(id_of(i));
    if (i % 10 == 0) world.pass(100);
  }
  world.pass(30 * second);
  EXPECT_EQ(count(world.node(1000), 0, 200), 100u);
  world.loses = nullptr;
  world.pass(10 * second);
  for (const auto& node : world.nodes())
    EXPECT_EQ(count(*node, 0, 200), 200u) << node->port();
}

TEST(HealingTest, WhatWasErasedStaysErasedAndIsErasedByThoseWhoMissedIt) {
  World world;
  Node& one = world.add();
  Node& other = world.add();
  world.meet();
  for (int i = 0; i < 20; ++i)
    one.make(id_of(i));
  world.deliver();
  world.pass(2 * second);
  world.loses = [](const Flight& flight) { return flight.from != flight.to; };
  for (int i = 0; i < 10; ++i)
    one.erase(id_of(i));
  world.deliver();
  // So long that nobody asks for these any more.
  world.pass(2 * second);
  one.start();  // its keeper knows nothing of what it has sent
  for (int i = 5; i < 10; ++i)
    one.erase(id_of(i));
  world.flights.clear();
  world.loses = nullptr;
  world.pass(10 * second);
  EXPECT_EQ(count(other, 5, 10), 0u);
  EXPECT_EQ(count(one, 5, 10), 0u);
  EXPECT_EQ(count(one, 10, 20), 10u);
  EXPECT_EQ(count(other, 10, 20), 10u);
}

TEST(HealingTest, WhatWasErasedStaysSoForTheNextKeeper) {
  World world;
  Node& one = world.add();
  Node& other = world.add();
  world.meet();
  for (int i = 0; i < 20; ++i)
    one.make(id_of(i));
  world.deliver();
  world.pass(2 * second);
  world.loses = [](const Flight&) { return true; };
  for (int i = 0; i < 10; ++i)
    one.erase(id_of(i));
  world.deliver();
  one.stop();
  one.start();
  world.loses = nullptr;
  world.pass(10 * second);
  EXPECT_EQ(count(one, 0, 10), 0u);
  EXPECT_EQ(count(other, 0, 10), 0u);
  EXPECT_EQ(count(one, 10, 20), 10u);
  EXPECT_EQ(count(other, 10, 20), 10u);
}

// Keys of applications may have as many bytes as an id has.
TEST(HealingTest, WhatIsAsLongAsAnIdIsNoSession) {
  World world;
  Node& one = world.add();
  Node& other = world.add();
  world.meet();
  const std::string key = "d41d8cd98f00b204e9800998ecf8427e";
  const auto set = [&](const std::string& value) {
    one.cache().update(key, value, unix_now() + 300, unix_now());
    one.member().changed(key, one.now());
    one.member().flush(one.now());
    world.deliver();
  };
  const auto value_at = [&](Node& node) {
    cache::Item item;
    return node.cache().peek(key, unix_now(), item) ? item.value : std::string();
  };
  set("first");
  set("second");
  EXPECT_EQ(value_at(other), "second");
  one.erase(key);
  world.deliver();
  EXPECT_EQ(value_at(other), "");
  set("third");
  world.pass(5 * second);
  EXPECT_EQ(value_at(one), "third");
  EXPECT_EQ(value_at(other), "third");
  EXPECT_EQ(other.shared().counters.comparisons.get(), 0u);
}

// Its secret has gone from the file of one of the two.
TEST(HealingTest, SessionsOfARetiredSecretAreNoDifferenceForEver) {
  World world;
  Node& one = world.add({"two", "one"});
  Node& other = world.add({"two"});
  world.meet();
  for (int i = 0; i < 20; ++i)
    one.make(id_of(i));
  world.deliver();
  other.stop();
  other.start();  // it finds what it has by the ids that it can read
  world.pass(10 * second);
  EXPECT_EQ(count(other, 0, 20), 20u);
  const std::uint64_t before = one.shared().counters.given.get();
  world.pass(20 * second);
  EXPECT_EQ(one.shared().counters.given.get(), before);
  EXPECT_EQ(one.member().peers().live().front()->hello.root,
            other.member().peers().live().front()->hello.root);
}

TEST(HealingTest, WhoAsksTenTimesForAPushIsToldItOnce) {
  World world;
  Node& victim = world.add();
  Insider insider(world, victim);
  victim.make(id_of(1));
  victim.make(id_of(2));
  world.flights.clear();
  std::string text;
  append(text, Lost{{{1, 1}}});
  for (int i = 0; i < 10; ++i) {
    insider.say(seal::Kind::control, text);
    if (i % 3 == 0) victim.heal();
  }
  victim.heal();
  const auto told = [&] {
    return std::count_if(world.flights.begin(), world.flights.end(),
                         [](const Flight& flight) { return kind_of(flight) == seal::Kind::bulk; });
  };
  EXPECT_EQ(told(), 1);
  world.now += 200;  // it may have been lost again
  insider.say(seal::Kind::control, text);
  victim.heal();
  EXPECT_EQ(told(), 2);
}

TEST(HealingTest, ANodeThatBeginsTakesWhatOthersHaveTheNewestFirst) {
  World world;
  Node& old = world.add();
  for (int i = 0; i < 900; ++i)
    old.make(id_of(i), 300 + static_cast<std::uint64_t>(i) / 10);
  world.pass(2 * second);
  Node& young = world.add();
  std::vector<std::size_t> shares;
  for (int i = 0; i < 50 && count(young, 0, 900) < 900; ++i) {
    world.pass(100);
    if (count(young, 0, 900) > 0 && shares.empty())
      shares = {count(young, 0, 450), count(young, 450, 900)};
  }
  EXPECT_EQ(count(young, 0, 900), 900u);
  EXPECT_LT(shares.at(0), shares.at(1));
  world.pass(2 * second);
  EXPECT_EQ(static_cast<FillState>(young.shared().counters.filling.get()), FillState::over);
  EXPECT_EQ(young.shared().counters.gained.get(), 900u);
  EXPECT_EQ(old.shared().counters.given.get(), 900u);
}

TEST(HealingTest, AFillGoesOnWithAnotherWhenTheFirstFallsSilent) {
  World world;
  Node& one = world.add();
  Node& other = world.add();
  for (int i = 0; i < 800; ++i)
    one.make(id_of(i));
  world.deliver();
  world.meet();
  world.pass(5 * second);
  ASSERT_EQ(count(other, 0, 800), 800u);
  Node& young = world.add();
  unsigned giver = 0;
  world.loses = [&](const Flight& flight) {
    if (kind_of(flight) != seal::Kind::bulk) return false;
    if (giver == 0) giver = flight.from;
    return flight.from == giver && count(young, 0, 800) > 0;
  };
  world.pass(6 * second);
  EXPECT_EQ(count(young, 0, 800), 800u);
}

TEST(HealingTest, OneWithoutRoomIsGivenNothingAndGives) {
  World world;
  Node& full = world.add();
  Node& other = world.add();
  world.meet();
  world.loses = [](const Flight& flight) { return flight.from != flight.to; };
  for (int i = 0; i < 999; ++i)
    full.make(id_of(i));
  for (int i = 1000; i < 1020; ++i)
    other.make(id_of(i));
  world.pass(2 * second);
  world.loses = nullptr;
  world.pass(10 * second);
  EXPECT_TRUE(other.member().peers().live().front()->hello.full);
  EXPECT_EQ(count(full, 1000, 1020), 0u);
  EXPECT_EQ(count(full, 0, 999), 999u);
  EXPECT_GT(count(other, 0, 999), 900u);
  EXPECT_EQ(count(other, 1000, 1020), 20u);  // nothing of its own goes for them
}

TEST(HealingTest, ANodeThatLeavesGivesWhatOnlyItHas) {
  World world;
  Node& leaving = world.add();
  Node& other = world.add();
  world.meet();
  world.loses = [](const Flight& flight) { return kind_of(flight) == seal::Kind::push; };
  for (int i = 0; i < 50; ++i)
    leaving.make(id_of(i));
  world.deliver();
  const Moment begun = world.now;
  leaving.member().leave(leaving.now());
  while (!leaving.member().has_left(leaving.now()))
    world.pass(100);
  EXPECT_LE(world.now - begun, 1100u);
  leaving.member().say_gone(leaving.now());
  leaving.stop();
  world.deliver();
  EXPECT_EQ(count(other, 0, 50), 50u);
  EXPECT_EQ(other.member().peers().live_count(), 0u);
}

TEST(HealingTest, ANodeThatLeftIsForgottenAlsoIfItsLastWordIsLost) {
  World world;
  Node& leaving = world.add();
  Node& other = world.add();
  world.meet();
  leaving.member().leave(leaving.now());
  world.deliver();
  leaving.stop();
  world.pass(4 * second);
  EXPECT_EQ(other.member().peers().live_count(), 1u);
  world.pass(3 * second);
  EXPECT_EQ(other.member().peers().live_count(), 0u);
}

TEST(HealingTest, ANodeThatHasNothingOfItsOwnLeavesAtOnce) {
  World world;
  Node& leaving = world.add();
  world.add();
  world.meet();
  leaving.make(id_of(1));
  world.pass(3 * second);
  leaving.member().leave(leaving.now());
  EXPECT_TRUE(leaving.member().has_left(leaving.now()));
}

TEST(HealingTest, AHealedSessionLivesNoLongerForIt) {
  World world;
  Node& one = world.add();
  Node& other = world.add();
  world.meet();
  world.loses = [](const Flight& flight) { return kind_of(flight) == seal::Kind::push; };
  one.make(id_of(1), 100);
  world.deliver();
  world.loses = nullptr;
  world.pass(3 * second);
  ASSERT_TRUE(other.has(id_of(1)));
  EXPECT_LE(*other.end_of(id_of(1)), *one.end_of(id_of(1)));
  EXPECT_GE(*other.end_of(id_of(1)) + 2, *one.end_of(id_of(1)));
}

TEST(HealingTest, WithALossOfATwentiethAllHaveAllTheSameWithinTenSeconds) {
  World world;
  for (int i = 0; i < 8; ++i)
    world.add();
  world.meet();
  unsigned n = 0;
  world.loses = [&](const Flight&) { return ++n % 20 == 7; };
  for (int i = 0; i < 800; ++i) {
    world.node(1000 + static_cast<unsigned>(i) % 8).make(id_of(i));
    if (i % 50 == 0) world.pass(100);
  }
  world.pass(10 * second);
  for (const auto& node : world.nodes())
    EXPECT_EQ(count(*node, 0, 800), 800u) << node->port();
}

}  // namespace
}  // namespace reprise::cluster
