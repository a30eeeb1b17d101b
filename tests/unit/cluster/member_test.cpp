#include "cluster/member.hpp"

#include <gmock/gmock.h>

#include "harness.hpp"
#include "insider.hpp"

namespace reprise::cluster {
namespace {

using namespace testing;
using sync::Rejection;

TEST(MemberTest, NodesMeetAndTellEachOtherOfSessions) {
  World world;
  for (int i = 0; i < 3; ++i)
    world.add();
  world.meet();
  for (const auto& node : world.nodes())
    EXPECT_EQ(node->member().peers().live_count(), 2u);
  world.node(1000).make(id_of(1));
  world.deliver();
  for (const unsigned port : {1001u, 1002u}) {
    EXPECT_TRUE(world.node(port).has(id_of(1)));
    cache::Item item;
    world.node(port).cache().peek(id_of(1), unix_now(), item);
    EXPECT_EQ(item.value, "0123456789abcde" + id_of(1) + "the secret of " + id_of(1));
  }
  world.node(1001).erase(id_of(1));
  world.deliver();
  EXPECT_FALSE(world.node(1000).has(id_of(1)));
  EXPECT_FALSE(world.node(1002).has(id_of(1)));
}

TEST(MemberTest, NothingSecretIsOnTheWire) {
  World world;
  world.add();
  world.add();
  world.meet();
  world.node(1000).make(id_of(1));
  world.deliver();
  ASSERT_TRUE(world.node(1001).has(id_of(1)));
  for (const Flight& flight : world.recorded) {
    EXPECT_EQ(flight.datagram.find("the secret of"), std::string::npos);
    EXPECT_EQ(flight.datagram.find(id_of(1).substr(0, 8)), std::string::npos);
  }
}

TEST(MemberTest, WhoHasNotProvedToBeThereIsNotBelieved) {
  World world;
  Node& sender = world.add();
  Node& receiver = world.add();
  sender.make(id_of(1));
  const Flight push = world.flights.front();
  world.flights.clear();
  receiver.hear(push.datagram, push.from);
  EXPECT_FALSE(receiver.has(id_of(1)));
  EXPECT_EQ(receiver.rejected(Rejection::not_introduced), 1u);
  // It is asked for a proof, and what it sealed before that stays without effect.
  world.deliver();
  EXPECT_EQ(receiver.member().peers().live_count(), 1u);
  receiver.hear(push.datagram, push.from);
  EXPECT_FALSE(receiver.has(id_of(1)));
  EXPECT_EQ(receiver.rejected(Rejection::replayed), 1u);
  sender.make(id_of(2));
  world.deliver();
  EXPECT_TRUE(receiver.has(id_of(2)));
}

TEST(MemberTest, ARecordingIsRejectedALaterMinuteAndAfterTheReceiverStartedAgain) {
  World world;
  Node& sender = world.add();
  Node& receiver = world.add();
  world.meet();
  sender.make(id_of(1));
  world.deliver();
  ASSERT_TRUE(receiver.has(id_of(1)));
  const auto recorded = world.recorded;
  // Nobody has it to give it again.
  receiver.cache().erase(id_of(1));
  sender.cache().erase(id_of(1));
  const auto replay = [&] {
    for (const Flight& flight : recorded)
      if (flight.to == receiver.port()) receiver.hear(flight.datagram, flight.from);
    world.deliver();
  };
  world.pass(60'000);
  replay();
  EXPECT_FALSE(receiver.has(id_of(1)));
  EXPECT_GT(receiver.rejected(Rejection::replayed), 0u);
  receiver.stop();
  receiver.start();
  replay();
  EXPECT_FALSE(receiver.has(id_of(1)));
  // Nor of a sender that is gone.
  sender.stop();
  receiver.stop();
  receiver.start();
  replay();
  EXPECT_FALSE(receiver.has(id_of(1)));
  EXPECT_GT(receiver.rejected(Rejection::not_introduced), 0u);
  EXPECT_EQ(receiver.member().peers().live_count(), 0u);
}

TEST(MemberTest, OtherSecretsAndFlippedBitsAreCounted) {
  World world;
  Node& sender = world.add({"one"});
  Node& stranger = world.add({"two"});
  Node& receiver = world.add({"one"});
  world.meet();
  EXPECT_EQ(receiver.member().peers().live_count(), 1u);
  EXPECT_EQ(stranger.member().peers().live_count(), 0u);
  EXPECT_GT(receiver.rejected(Rejection::other_key), 0u);
  sender.make(id_of(1));
  std::string datagram = world.flights.front().datagram;
  world.flights.clear();
  datagram[60] = static_cast<char>(datagram[60] ^ 1);
  receiver.hear(datagram, sender.port());
  EXPECT_EQ(receiver.rejected(Rejection::forged), 1u);
  receiver.hear(std::string("\x6f\x08\x00\x0a", 4) + "plainkey", sender.port());
  EXPECT_EQ(receiver.rejected(Rejection::unsealed), 1u);
  EXPECT_EQ(receiver.applied(), 0u);
}

TEST(MemberTest, ABitFlippedAnywhereDoesNothingAndIsCountedOnce) {
  World world;
  Node& sender = world.add();
  Node& receiver = world.add();
  world.meet();
  sender.make(id_of(1));
  const std::string datagram = world.flights.front().datagram;
  world.flights.clear();
  const auto all_rejected = [&] {
    std::uint64_t sum = 0;
    for (std::size_t reason = 0; reason < sync::rejections; ++reason)
      sum += receiver.rejected(static_cast<Rejection>(reason));
    return sum;
  };
  for (std::size_t bit = 0; bit < datagram.size() * 8; ++bit) {
    std::string flipped = datagram;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ 1 << bit % 8);
    const std::uint64_t before = all_rejected();
    receiver.hear(flipped, sender.port());
    ASSERT_EQ(all_rejected(), before + 1) << "bit " << bit;
  }
  EXPECT_EQ(receiver.applied(), 0u);
  EXPECT_TRUE(world.flights.empty());  // nothing is answered
  receiver.hear(datagram, sender.port());
  EXPECT_TRUE(receiver.has(id_of(1)));
}

// First everybody learns the new secret, then it moves to the front, then the old one goes.
TEST(MemberTest, SecretsChangeOneNodeAtATime) {
  World world;
  Node& old_first = world.add({"one", "two"});
  Node& new_first = world.add({"two", "one"});
  Node& done = world.add({"two"});
  Node& retired = world.add({"one"});
  world.meet();
  old_first.make(id_of(1));
  new_first.make(id_of(2));
  done.make(id_of(3));
  retired.make(id_of(4));
  world.deliver();
  EXPECT_TRUE(new_first.has(id_of(1)));
  EXPECT_TRUE(old_first.has(id_of(2)));
  EXPECT_TRUE(done.has(id_of(2)));
  EXPECT_TRUE(new_first.has(id_of(3)));
  EXPECT_FALSE(done.has(id_of(4)));
  EXPECT_FALSE(retired.has(id_of(3)));
  EXPECT_GT(done.rejected(Rejection::other_key), 0u);
}

TEST(MemberTest, ClocksNeedNotAgreeAndDelayDoesNotProlong) {
  World world;
  Node& sender = world.add({"one"}, 7'200'000);
  Node& receiver = world.add({"one"}, -900'000);
  world.meet();
  const UnixSeconds before = unix_now();
  sender.make(id_of(1), 300);
  world.deliver();
  ASSERT_TRUE(receiver.end_of(id_of(1)));
  EXPECT_NEAR(static_cast<double>(*receiver.end_of(id_of(1))), static_cast<double>(before + 300),
              2);
  EXPECT_LE(*receiver.end_of(id_of(1)), *sender.end_of(id_of(1)));
  // Two seconds on the way come off its life; more than three are too many.
  sender.make(id_of(2), 300);
  world.now += 2000;
  world.deliver();
  ASSERT_TRUE(receiver.end_of(id_of(2)));
  EXPECT_LE(*receiver.end_of(id_of(2)), unix_now() + 298);
  sender.make(id_of(3), 300);
  world.now += 3100;
  world.deliver();
  EXPECT_FALSE(receiver.has(id_of(3)));
  EXPECT_EQ(receiver.rejected(Rejection::late), 1u);
}

TEST(MemberTest, WhatIsHereAlreadyIsNotProlongedAndWhatWasErasedStaysErased) {
  World world;
  Node& sender = world.add();
  Node& receiver = world.add();
  world.meet();
  sender.make(id_of(1), 100);
  world.deliver();
  const auto end = receiver.end_of(id_of(1));
  sender.cache().erase(id_of(1));
  sender.make(id_of(1), 500);
  world.deliver();
  EXPECT_EQ(receiver.end_of(id_of(1)), end);
  EXPECT_EQ(receiver.rejected(Rejection::present), 1u);
  sender.erase(id_of(1));
  world.deliver();
  EXPECT_FALSE(receiver.has(id_of(1)));
  sender.make(id_of(1), 100);
  world.deliver();
  EXPECT_FALSE(receiver.has(id_of(1)));
  EXPECT_EQ(receiver.rejected(Rejection::erased), 1u);
}

TEST(MemberTest, AnEraseThatOvertakesTheSessionWins) {
  World world;
  Node& sender = world.add();
  Node& receiver = world.add();
  world.meet();
  sender.make(id_of(1));
  sender.erase(id_of(1));
  std::reverse(world.flights.begin(), world.flights.end());
  world.deliver();
  EXPECT_FALSE(receiver.has(id_of(1)));
}

TEST(MemberTest, ManySessionsShareADatagramOfBoundedSize) {
  World world;
  Node& sender = world.add();
  Node& receiver = world.add();
  world.meet();
  world.recorded.clear();
  for (int i = 0; i < 100; ++i) {
    const std::string id = id_of(i);
    sender.cache().set(id, std::string(15, 'x') + id + std::string(90, 'y'), unix_now() + 300,
                       unix_now());
    sender.member().changed(id, sender.now());
  }
  sender.member().flush(sender.now());
  world.deliver();
  EXPECT_EQ(receiver.applied(), 100u);
  EXPECT_LE(world.recorded.size(), 15u);  // seven in each
  for (const Flight& flight : world.recorded)
    EXPECT_LE(flight.datagram.size(), 1232u);
}

TEST(MemberTest, ALargeItemTravelsAloneAndOneThatNoDatagramHoldsDoesNot) {
  World world;
  Node& sender = world.add();
  Node& receiver = world.add();
  world.meet();
  sender.cache().set("large", std::string(4000, 'x'), 0, unix_now());
  sender.member().changed("large", sender.now());
  sender.member().flush(sender.now());
  world.deliver();
  EXPECT_TRUE(receiver.has("large"));
  EXPECT_EQ(receiver.end_of("large"), UnixSeconds{0});
}

TEST(MemberTest, ALostPushIsKnownToBeMissingUntilItIsRepaired) {
  World world;
  Node& sender = world.add();
  Node& receiver = world.add();
  world.meet();
  for (int i = 0; i < 10; ++i)
    sender.make(id_of(i));
  int nth = 0;
  world.loses = [&](const Flight&) { return ++nth % 5 == 0; };
  world.deliver();
  world.loses = [&](const Flight& flight) { return flight.from == receiver.port(); };
  world.pass(300);
  const Peer* const peer = receiver.member().peers().find(sender.member().own().name());
  ASSERT_NE(peer, nullptr);
  EXPECT_EQ(peer->gaps.missing(), 1u);
  EXPECT_EQ(receiver.applied(), 8u);
  world.loses = nullptr;
  world.pass(2000);  // a hello tells that the last one is missing, too
  EXPECT_EQ(peer->gaps.missing(), 0u);
  EXPECT_EQ(receiver.applied(), 10u);
  EXPECT_EQ(receiver.shared().counters.lost.get(), 2u);
}

TEST(MemberTest, ANameThatIsWornOutIsFollowedByAnotherWithoutAGap) {
  World world;
  Node& sender = world.add();
  Node& receiver = world.add();
  world.meet();
  const auto before = sender.member().own().name();
  // An hour in large steps: nobody is silent for ten minutes.
  for (int minutes = 0; minutes < 61 && sender.member().own().name() == before; ++minutes) {
    world.now += 59'900;
    world.pass(100);
  }
  ASSERT_NE(sender.member().own().name(), before);
  EXPECT_EQ(sender.shared().counters.renamed[static_cast<std::size_t>(Renaming::worn)].get(), 1u);
  const auto challenges = receiver.shared().counters.challenges_sent.get();
  sender.make(id_of(1));
  world.deliver();
  EXPECT_TRUE(receiver.has(id_of(1)));
  EXPECT_EQ(receiver.shared().counters.challenges_sent.get(), challenges);
}

TEST(MemberTest, TwoWithOneNameAreFoundOutAndUseNoNonceTwice) {
  World world;
  Node& one = world.add();
  Node& twin = world.add();
  Node& receiver = world.add();
  const auto name = draw_name();
  for (Node* const node : {&one, &twin}) {
    node->stop();
    node->start(name);
  }
  world.meet();
  for (int i = 0; i < 40; ++i)
    one.make(id_of(i));
  for (int i = 100; i < 110; ++i)
    twin.make(id_of(i));
  world.deliver();
  world.pass(125'000);
  const std::size_t copies = static_cast<std::size_t>(Renaming::copy);
  EXPECT_GE(
      one.shared().counters.renamed[copies].get() + twin.shared().counters.renamed[copies].get(),
      1u);
  EXPECT_NE(one.member().own().name(), twin.member().own().name());
  std::map<std::string, std::string> by_nonce;
  for (const Flight& flight : world.recorded) {
    const std::string nonce = flight.datagram.substr(8, 4) + flight.datagram.substr(12, 12) +
                              flight.datagram.substr(32, 12);
    const auto [found, is_new] = by_nonce.try_emplace(nonce, flight.datagram);
    EXPECT_EQ(found->second, flight.datagram);
  }
  one.make(id_of(200));
  twin.make(id_of(201));
  world.deliver();
  world.pass(3000);
  one.make(id_of(202));
  twin.make(id_of(203));
  world.deliver();
  EXPECT_TRUE(receiver.has(id_of(202)));
  EXPECT_TRUE(receiver.has(id_of(203)));
}

TEST(MemberTest, AClockThatLeapsMakesANewNameAndForgetsEverybody) {
  World world;
  Node& sleeper = world.add();
  Node& other = world.add();
  world.meet();
  const auto before = sleeper.member().own().name();
  sleeper.leap = 60'000;
  sleeper.tick();
  EXPECT_NE(sleeper.member().own().name(), before);
  EXPECT_EQ(sleeper.member().peers().live_count(), 0u);
  world.pass(1500);
  EXPECT_EQ(sleeper.member().peers().live_count(), 1u);
  other.make(id_of(1));
  sleeper.make(id_of(2));
  world.deliver();
  EXPECT_TRUE(sleeper.has(id_of(1)));
  EXPECT_TRUE(other.has(id_of(2)));
}

TEST(MemberTest, OfTwoNodesWithOneNumberTheYoungerDrawsAgain) {
  World world;
  Node& older = world.add();
  world.pass(5000);
  Node& younger = world.add();
  older.shared().node = 7;
  younger.shared().node = 7;
  world.meet();
  world.pass(2000);
  EXPECT_EQ(older.shared().node.load(), 7u);
  EXPECT_NE(younger.shared().node.load(), 7u);
  EXPECT_NE(younger.shared().node.load(), 0u);
  EXPECT_EQ(younger.shared().counters.node_clashes.get(), 1u);
}

TEST(MemberTest, ANumberThatWasGivenUpIsToldWhileItsSessionsLive) {
  World world;
  Node& older = world.add();
  world.pass(5000);
  Node& younger = world.add();
  Node& third = world.add();
  older.shared().node = younger.shared().node = 7;
  const std::string id = younger.new_id();
  // Nobody is told of it, nor given it.
  world.loses = [](const Flight& flight) {
    seal::Unreadable why{};
    const auto kind = seal::read_header(flight.datagram, why)->kind;
    return kind == seal::Kind::push || kind == seal::Kind::bulk;
  };
  younger.make(id);
  world.deliver();
  world.meet();
  world.pass(2000);
  ASSERT_EQ(older.shared().node.load(), 7u);
  ASSERT_NE(younger.shared().node.load(), 7u);
  EXPECT_EQ(cache::owner_of(younger.cache()), younger.shared().node.load());
  ASSERT_FALSE(third.has(id));
  // Both may have it: one of them does.
  third.seek(id);
  world.deliver();
  EXPECT_TRUE(third.has(id));
  // He who has the number now asks too.
  older.seek(id);
  world.deliver();
  EXPECT_TRUE(older.has(id));
  const auto former = [&] { return third.member().peers().live().size(); };
  ASSERT_EQ(former(), 2u);
  const auto tells = [&] {
    for (const Peer* const peer : third.member().peers().live())
      if (peer->node != 7 && peer->has_or_had(7)) return true;
    return false;
  };
  EXPECT_TRUE(tells());
  world.pass(601'000);  // what a session lives at most
  EXPECT_FALSE(tells());
}

TEST(FormerNodesTest, TheLastFourAreTold) {
  FormerNodes former;
  EXPECT_TRUE(former.at(0).empty());
  for (std::uint16_t node = 1; node <= 5; ++node)
    former.add(node, 1000u + node);
  auto told = former.at(500);
  std::sort(told.begin(), told.end());
  EXPECT_EQ(told, (std::vector<std::uint16_t>{2, 3, 4, 5}));
  former.add(3, 9000);
  EXPECT_EQ(former.at(1005), (std::vector<std::uint16_t>{3}));
  EXPECT_TRUE(former.at(9000).empty());
}

// Nobody can be made to answer more than now and then.
TEST(MemberTest, RecordingsOfAStrangerCauseFewAnswers) {
  World world;
  Node& sender = world.add();
  Node& receiver = world.add();
  world.meet();
  for (int i = 0; i < 200; ++i)
    sender.make(id_of(i));
  world.deliver();
  const auto recorded = world.recorded;
  receiver.stop();
  receiver.start();
  world.flights.clear();
  for (const Flight& flight : recorded)
    if (flight.to == receiver.port()) receiver.hear(flight.datagram, 1000);
  EXPECT_LE(world.flights.size(), 2u);
  EXPECT_LE(world.flights.empty() ? 0u : world.flights.front().datagram.size(), 200u);
}

TEST(MemberTest, APeerThatStartsAgainIsKnownByItsNewNameAlone) {
  World world;
  Node& one = world.add();
  Node& other = world.add();
  world.meet();
  for (int i = 0; i < 3; ++i) {
    other.stop();
    other.start();
    world.meet();
    ASSERT_EQ(one.member().peers().live_count(), 1u);
    EXPECT_EQ(one.member().peers().live().front()->name, other.member().own().name());
  }
}

TEST(MemberTest, APlannedChangeOfNameLeavesNoGhost) {
  World world;
  Node& one = world.add();
  Node& other = world.add();
  world.meet();
  const seal::SenderName before = other.member().own().name();
  world.pass(3'700'000);
  EXPECT_NE(other.member().own().name(), before);
  ASSERT_EQ(one.member().peers().live_count(), 1u);
  EXPECT_EQ(one.member().peers().live().front()->name, other.member().own().name());
}

class InsiderTest : public ::testing::Test {
protected:
  World world_;
  Node& victim_ = world_.add();
  Insider insider_{world_, victim_};
};

TEST_F(InsiderTest, IsKnown) {
  EXPECT_EQ(victim_.member().peers().live_count(), 1u);
}

TEST_F(InsiderTest, ControlThatEndsEarlyIsCounted) {
  for (const Type type : {Type::hello, Type::challenge, Type::proof, Type::next_name}) {
    const std::uint64_t before = victim_.rejected(Rejection::malformed);
    insider_.say(seal::Kind::control, {static_cast<char>(type), 1, 0, 'x'});
    EXPECT_EQ(victim_.rejected(Rejection::malformed), before + 1) << static_cast<int>(type);
  }
}

TEST_F(InsiderTest, AMessageOfAnotherKindOrAPlaintextWithoutItsBeginningSpoilsAll) {
  std::string text;
  append(text, EraseItem{"key"});
  insider_.say(seal::Kind::ask, text);
  EXPECT_EQ(victim_.rejected(Rejection::malformed), 1u);
}

TEST_F(InsiderTest, ALongHoldDisplacesNoTombstone) {
  for (int i = 0; i < 3; ++i) {
    std::string text;
    append(text, EraseSession{longest_left, id_of(i)});
    insider_.say(seal::Kind::push, text, static_cast<std::uint64_t>(i) + 1);
  }
  world_.now += 601'000;  // longer than any session lives
  std::string text;
  append(text, Session{100'000, id_of(1), "the session", whole_der});
  Insider again(world_, victim_);
  again.say(seal::Kind::push, text, 1);
  EXPECT_TRUE(victim_.has(id_of(1)));
}

TEST_F(InsiderTest, ASessionThatIsToldAsAnItemIsOneAllTheSame) {
  std::string text;
  append(text, EraseSession{300'000, id_of(1)});
  append(text, Item{300'000, id_of(1), "it lives again"});
  append(text, Item{300'000, id_of(2), "the first"});
  append(text, Item{400'000, id_of(2), "the second"});
  insider_.say(seal::Kind::push, text, 1);
  EXPECT_FALSE(victim_.has(id_of(1)));
  cache::Item item;
  ASSERT_TRUE(victim_.cache().peek(id_of(2), unix_now(), item));
  EXPECT_EQ(item.value, "the first");
}

TEST_F(InsiderTest, CannotMakeUsChangeOurNameWithoutEnd) {
  const auto copies = static_cast<std::size_t>(Renaming::copy);
  for (int i = 0; i < 50; ++i) {
    std::string plaintext, datagram;
    const seal::CacheKeys keys = keys_of({"one"});
    OwnSender sender(*keys.packets, seal::Cipher::aes_256_gcm, draw_name(), 0);
    append_preamble(plaintext, {78, 1, 0});
    append(plaintext, Challenge{{}, 1'000'000});
    sender.seal(seal::Kind::control, address_of(victim_.member().own().name()), plaintext,
                datagram);
    victim_.hear(datagram, 1000);
    world_.now += 100;
    victim_.tick();
    world_.flights.clear();
  }
  EXPECT_EQ(victim_.shared().counters.renamed[copies].get(), 1u);
}

}  // namespace
}  // namespace reprise::cluster
