#include "cluster/pulls.hpp"

#include <cstring>

#include <gtest/gtest.h>

#include "harness.hpp"

namespace reprise::cluster {
namespace {

using namespace testing;

constexpr Micros budget = 6000;
constexpr std::uint16_t home = 7, here = 1;

// Writes down whom the searches ask, and how they end.
class PullsTest : public ::testing::Test, protected Searcher {
protected:
  PullsTest() : keys_(keys_of({"one"})) {}

  Peer& add(std::uint16_t node) {
    seal::SenderName name{};
    name[0] = static_cast<unsigned char>(++added_);
    const seal::Guarded<seal::SenderKeys> keys;
    *keys = seal::sender_keys(keys_.packets->list[0].packet, name);
    auto peer = std::make_unique<Peer>(
        name, std::make_unique<seal::SenderCipher>(*keys, seal::Cipher::aes_256_gcm), 0);
    peer->node = node;
    Peer& there = peers_.add(std::move(peer), 0);
    peers_.introduce(there);
    return there;
  }
  void ask(const Peer& peer, const AskToken& token, Bytes id, bool) override {
    asked_.push_back(peer.node);
    token_ = token;
    id_ = id;
  }
  void decided(const PullBoard::Ticket& ticket, PullEnd end) override {
    ends_.emplace_back(ticket.place, end);
  }
  void begin(std::uint32_t place = 0) { pulls_.begin({place, 1}, id(1), home, here, now_); }
  static seal::SessionName id(unsigned char number) {
    seal::SessionName name{};
    name.fill(number);
    return name;
  }
  void pass(Micros micros) { pulls_.advance(now_ += micros); }
  std::vector<std::uint16_t> asked() { return std::exchange(asked_, {}); }
  using Ends = std::vector<std::pair<std::uint32_t, PullEnd>>;
  using Nodes = std::vector<std::uint16_t>;

  seal::CacheKeys keys_;
  Peers peers_;
  Pulls pulls_{peers_, *this, budget};
  Micros now_ = 1'000'000'000;
  Nodes asked_;
  Ends ends_;
  AskToken token_{};
  std::string id_;
  unsigned added_ = 0;
};

TEST_F(PullsTest, TheHomeIsAskedAndItsAnswerEndsAllThatWait) {
  Peer& peer = add(home);
  begin(3);
  begin(4);
  EXPECT_EQ(asked(), Nodes{home});
  EXPECT_TRUE(pulls_.expects(token_, id_));
  EXPECT_FALSE(pulls_.expects(token_, std::string(32, 'x')));
  EXPECT_EQ(pulls_.found(peer, token_, now_ + 200), 200u);
  EXPECT_EQ(ends_, (Ends{{3, PullEnd::found}, {4, PullEnd::found}}));
  EXPECT_EQ(pulls_.running(), 0u);
  EXPECT_FALSE(pulls_.expects(token_, id_));
  EXPECT_EQ(pulls_.found(peer, token_, now_), 0u) << "the second of two answers";
}

TEST_F(PullsTest, ASilentHomeIsAskedAgainThenADeputyThenEverybody) {
  add(home);
  add(8);
  add(9);
  begin();
  EXPECT_EQ(asked(), Nodes{home});
  pass(budget / 4);
  EXPECT_EQ(asked(), Nodes{home});
  pass(budget / 4);
  const Nodes deputy = asked();
  ASSERT_EQ(deputy.size(), 1u);
  EXPECT_NE(deputy.front(), home);
  pass(budget * 3 / 8);
  Nodes all = asked();
  std::sort(all.begin(), all.end());
  EXPECT_EQ(all, (Nodes{home, 8, 9}));
  EXPECT_TRUE(ends_.empty());
  pass(budget / 8);
  EXPECT_EQ(ends_, (Ends{{0, PullEnd::timed_out}}));
  EXPECT_TRUE(asked().empty());
  EXPECT_FALSE(pulls_.next_due());
}

TEST_F(PullsTest, AHomeThatHasItNotSendsOnToTheDeputiesAtOnce) {
  Peer& peer = add(home);
  Peer* const others[] = {&add(8), &add(9)};
  begin();
  asked();
  pulls_.not_here(peer, token_, NotHereReason::unknown, now_);
  const Nodes first = asked();
  ASSERT_EQ(first.size(), 1u);
  Peer& deputy = first.front() == 8 ? *others[0] : *others[1];
  Peer& second = first.front() == 8 ? *others[1] : *others[0];
  pulls_.not_here(deputy, token_, NotHereReason::unknown, now_);
  EXPECT_EQ(asked(), Nodes{second.node});
  EXPECT_TRUE(ends_.empty());
  pulls_.not_here(second, token_, NotHereReason::unknown, now_);
  EXPECT_EQ(ends_, (Ends{{0, PullEnd::unknown}}));
}

TEST_F(PullsTest, WhatWasErasedOrIsOverIsNotLookedForElsewhere) {
  for (const auto& [reason, end] : {std::pair(NotHereReason::erased, PullEnd::erased),
                                    std::pair(NotHereReason::expired, PullEnd::expired)}) {
    Pulls pulls(peers_, *this, budget);
    Peer& peer = add(home);
    add(8);
    pulls.begin({0, 1}, id(1), home, here, now_);
    pulls.not_here(peer, token_, reason, now_);
    EXPECT_EQ(ends_, (Ends{{0, end}}));
    peers_.clear();
    ends_.clear();
  }
}

TEST_F(PullsTest, AnEvictedOneSaysSoInTheEnd) {
  Peer& peer = add(home);
  Peer& other = add(8);
  begin();
  pulls_.not_here(peer, token_, NotHereReason::evicted, now_);
  pulls_.not_here(other, token_, NotHereReason::unknown, now_);
  EXPECT_EQ(ends_, (Ends{{0, PullEnd::evicted}}));
}

TEST_F(PullsTest, WithoutItsHomeADeputyIsAskedFirst) {
  add(8);
  begin();
  EXPECT_EQ(asked(), Nodes{8});
}

TEST_F(PullsTest, OurOwnAreAskedOfOthers) {
  add(home);
  pulls_.begin({0, 1}, id(1), here, here, now_);
  EXPECT_EQ(asked(), Nodes{home});
}

TEST_F(PullsTest, AloneNothingIsAsked) {
  begin();
  EXPECT_EQ(ends_, (Ends{{0, PullEnd::unknown}}));
}

TEST_F(PullsTest, WhatNobodyHasIsNotAskedForAgainWithinASecond) {
  Peer& peer = add(home);
  begin();
  pulls_.not_here(peer, token_, NotHereReason::unknown, now_);
  asked();
  begin(1);
  EXPECT_TRUE(asked().empty());
  EXPECT_EQ(ends_.back(), (std::pair(1u, PullEnd::unknown)));
  pass(1'000'001);
  begin(2);
  EXPECT_EQ(asked(), Nodes{home});
}

TEST_F(PullsTest, APushEndsASearchAndAFreshMiss) {
  Peer& peer = add(home);
  begin();
  EXPECT_TRUE(pulls_.arrived(id_, now_));
  EXPECT_EQ(ends_, (Ends{{0, PullEnd::found}}));
  EXPECT_FALSE(pulls_.arrived(id_, now_)) << "nobody waits";
  begin();
  pulls_.not_here(peer, token_, NotHereReason::unknown, now_);
  EXPECT_TRUE(pulls_.arrived(id_, now_ + 1'000'000)) << "late";
  EXPECT_FALSE(pulls_.arrived(id_, now_ + 1'000'000)) << "counted once";
}

TEST_F(PullsTest, AHomeThatNeverAnswersIsLeftAloneForAWhile) {
  Peer& peer = add(home);
  for (unsigned char i = 1; i <= 3; ++i) {
    pulls_.begin({0, 1}, id(i), home, here, now_);
    for (int step = 0; step < 5; ++step)
      pass(budget / 4);
  }
  asked();
  pulls_.begin({0, 1}, id(9), home, here, now_);
  EXPECT_TRUE(asked().empty());
  EXPECT_EQ(ends_.back().second, PullEnd::unknown) << "at once";
  pass(1'100'000);
  pulls_.begin({0, 1}, id(10), home, here, now_);
  EXPECT_EQ(asked(), Nodes{home}) << "it has its chance again";
  peer.asked.is_there();
  EXPECT_FALSE(peer.asked.is_left_alone(now_));
}

TEST_F(PullsTest, OneHomeDoesNotGetAllTheRoom) {
  add(home);
  for (std::uint32_t i = 0; i <= Pulls::most_of_one_home; ++i) {
    seal::SessionName name{};
    std::memcpy(name.data(), &i, sizeof i);
    pulls_.begin({i, 1}, name, home, here, now_);
  }
  EXPECT_EQ(pulls_.running(), Pulls::most_of_one_home);
  EXPECT_EQ(ends_, (Ends{{Pulls::most_of_one_home, PullEnd::refused}}));
}

TEST_F(PullsTest, DeputiesAreTheSameForAllAndAnotherForAnotherId) {
  for (std::uint16_t node = 10; node < 18; ++node)
    add(node);
  std::map<std::uint16_t, int> times;
  for (unsigned char i = 1; i <= 200; ++i) {
    seal::SessionName name{};
    for (std::size_t k = 0; k < name.size(); ++k)
      name[k] = static_cast<unsigned char>(i * 37 + k * 11);
    pulls_.begin({0, 1}, name, home, here, now_);
    const Nodes first = asked();
    ASSERT_EQ(first.size(), 1u);
    ++times[first.front()];
    Pulls again(peers_, *this, budget);
    again.begin({0, 1}, name, home, /*here=*/2, now_);
    EXPECT_EQ(asked(), first);
  }
  EXPECT_EQ(times.size(), 8u);
}

TEST(PullBoardTest, AWaitIsOverOnceTheKeeperSaysSo) {
  PullBoard board(2);
  const auto ticket = board.claim(1, std::string(32, 'i'));
  ASSERT_TRUE(ticket);
  EXPECT_FALSE(board.end_of(*ticket));
  seal::SessionName id{};
  ASSERT_TRUE(board.read(*ticket, id));
  EXPECT_EQ(id[31], 'i');
  board.decide(*ticket, PullEnd::evicted);
  EXPECT_EQ(board.end_of(*ticket), PullEnd::evicted);
  EXPECT_FALSE(board.read(*ticket, id));
  std::uint64_t rings = 0;
  EXPECT_EQ(::read(board.bell(1), &rings, sizeof rings), 8);
  EXPECT_EQ(::read(board.bell(0), &rings, sizeof rings), -1) << "another worker's";
  board.release(*ticket);
  board.decide(*ticket, PullEnd::found);
  EXPECT_FALSE(board.read(*ticket, id));
}

TEST(PullBoardTest, PlacesOfTheDeadComeBackAndTheLateAreTold) {
  PullBoard board(1);
  std::vector<PullBoard::Ticket> all;
  while (const auto ticket = board.claim(0, std::string(32, 'i')))
    all.push_back(*ticket);
  EXPECT_GE(all.size(), PullBoard::places / 2);
  board.sweep(1000);
  board.sweep(2500);
  EXPECT_FALSE(board.end_of(all.front()));
  board.sweep(3500);
  EXPECT_EQ(board.end_of(all.front()), PullEnd::timed_out);
  const auto next = board.claim(0, std::string(32, 'j'));
  ASSERT_TRUE(next);
  board.release(all.front());
  board.decide(all.front(), PullEnd::found);
  EXPECT_FALSE(board.end_of(*next));
}

TEST(PullBoardTest, APlaceThatNobodyHasIsNoPlace) {
  PullBoard board(1);
  seal::SessionName id{};
  EXPECT_FALSE(board.read({PullBoard::places, 1}, id));
  EXPECT_FALSE(board.read({0, 0}, id));
}

TEST(PullBoardTest, OnlyALivingKeeperWithMembersIsAsked) {
  PullBoard board(1);
  EXPECT_FALSE(board.is_attended(100'000));
  board.beat(100'000, 0);
  EXPECT_FALSE(board.is_attended(100'000));
  board.beat(100'000, 1);
  EXPECT_TRUE(board.is_attended(100'500));
  EXPECT_TRUE(board.is_attended(99'999)) << "the keeper was faster than whoever asks";
  EXPECT_FALSE(board.is_attended(104'000));
}

// Members that ask each other.

TEST(MemberPullTest, ASessionWhosePushWasLostIsFetched) {
  World world;
  Node& maker = world.add();
  Node& asker = world.add();
  world.meet();
  const std::string id = maker.new_id();
  world.loses = [](const Flight&) { return true; };
  maker.make(id);
  world.deliver();
  world.loses = nullptr;
  ASSERT_FALSE(asker.has(id));
  const auto ticket = asker.seek(id);
  world.deliver();
  EXPECT_EQ(asker.board().end_of(ticket), PullEnd::found);
  EXPECT_TRUE(asker.has(id));
  EXPECT_LE(*asker.end_of(id), *maker.end_of(id)) << "it lives no longer for that";
  cache::Item item;
  ASSERT_TRUE(asker.cache().peek(id, unix_now(), item));
  EXPECT_NE(item.flags & cache::item_flags::asked_for, 0);
  EXPECT_EQ(asker.shared().counters.pull_delay.summary().count, 1u);
  EXPECT_EQ(maker.shared().counters.answers.get(), 1u);
}

TEST(MemberPullTest, ADeputyHelpsWhereTheHomeIsGone) {
  World world;
  Node& maker = world.add();
  world.add();
  world.meet();
  const std::string id = maker.new_id();
  maker.make(id);
  world.deliver();
  Node& late = world.add();
  world.meet();
  maker.stop();
  const auto ticket = late.seek(id);
  world.deliver();
  const Micros begun = microseconds();
  for (int step = 1; step <= 2; ++step)
    late.member().search(begun + step * (pull_budget / 4 + 100));
  world.deliver();
  EXPECT_TRUE(late.has(id));
  EXPECT_EQ(late.board().end_of(ticket), PullEnd::found);
}

TEST(MemberPullTest, TheHomeSaysWhyItHasItNot) {
  World world;
  Node& maker = world.add();
  Node& asker = world.add();
  maker.shared().born = maker.shared().id_clock(maker.now());
  world.meet();
  const std::string erased = maker.new_id(), evicted = maker.new_id();
  world.loses = [](const Flight&) { return true; };
  maker.make(erased);
  maker.erase(erased);
  maker.make(evicted);
  maker.cache().erase(evicted);
  world.deliver();
  world.loses = nullptr;
  const auto of_erased = asker.seek(erased), of_evicted = asker.seek(evicted);
  world.deliver();
  EXPECT_EQ(asker.board().end_of(of_erased), PullEnd::erased);
  EXPECT_EQ(asker.board().end_of(of_evicted), PullEnd::evicted);
  maker.shared().born = maker.shared().id_clock(maker.now()) + 10;  // born after it was made
  const auto of_former_life = asker.seek(maker.new_id());
  world.deliver();
  EXPECT_EQ(asker.board().end_of(of_former_life), PullEnd::unknown);
}

TEST(MemberPullTest, WhatIsOverByItsHomesClockIsNotAskedFor) {
  World world;
  Node& maker = world.add({"one"}, /*clock=*/7'200'000);
  Node& asker = world.add();
  world.meet();
  const std::string id = maker.new_id();
  world.pass(700'000);  // it lived 600 s at most
  world.recorded.clear();
  const auto ticket = asker.seek(id);
  EXPECT_EQ(asker.board().end_of(ticket), PullEnd::expired);
  EXPECT_TRUE(world.flights.empty());
}

TEST(MemberPullTest, ForgedIdsCauseNoDatagram) {
  World world;
  world.add();
  Node& asker = world.add();
  world.meet();
  for (int i = 0; i < 1000; ++i) {
    std::string forged = id_of(i);
    const auto at = static_cast<std::size_t>(i) % forged.size();
    forged[at] = static_cast<char>(forged[at] ^ 1);
    EXPECT_EQ(asker.board().end_of(asker.seek(forged)), PullEnd::unknown);
  }
  EXPECT_TRUE(world.flights.empty());
}

TEST(MemberPullTest, StrangersAreNotAnswered) {
  World world;
  Node& maker = world.add({"one"});
  Node& stranger = world.add({"two"});
  world.meet();
  const std::string id = maker.new_id();
  maker.make(id);
  stranger.seek(id);
  // Even one that knows where to ask.
  std::string question, datagram;
  append_preamble(question, {1001, 1, 0});
  append(question, Ask{{}, id});
  const seal::CacheKeys keys = keys_of({"two"});
  OwnSender sender(*keys.packets, seal::Cipher::aes_256_gcm, draw_name(), 0);
  sender.seal(seal::Kind::ask, 0, question, datagram);
  maker.hear(datagram, 1001);
  world.deliver();
  EXPECT_GT(maker.rejected(sync::Rejection::other_key), 0u);
  EXPECT_EQ(stranger.member().peers().live_count(), 0u);
  EXPECT_EQ(maker.shared().counters.answers.get() + maker.shared().counters.not_here.get(), 0u);
}

TEST(MemberPullTest, AnAnswerThatNobodyWaitsForChangesNothing) {
  World world;
  Node& maker = world.add();
  Node& asker = world.add();
  world.meet();
  const std::string id = maker.new_id();
  world.loses = [](const Flight&) { return true; };
  maker.make(id);
  world.deliver();
  world.loses = nullptr;
  asker.seek(id);
  asker.member().search(microseconds() + 10 * pull_budget);
  for (int i = 0; i < 4; ++i)
    asker.member().search(microseconds() + 10 * pull_budget);
  world.deliver();
  EXPECT_FALSE(asker.has(id));
  EXPECT_GE(asker.shared().counters.late_answers.get(), 1u);
}

// A member that is not live is not answered either.
TEST(MemberPullTest, WhoHasNotProvedToBeThereIsNotAnswered) {
  World world;
  Node& maker = world.add();
  world.add();
  world.meet();
  const std::string id = maker.new_id();
  maker.make(id);
  world.deliver();
  const seal::CacheKeys keys = keys_of({"one"});
  OwnSender sender(*keys.packets, seal::Cipher::aes_256_gcm, draw_name(), 0);
  std::string question, datagram;
  append_preamble(question, {9, 1, 0});
  append(question, Ask{{}, id});
  sender.seal(seal::Kind::ask, 0, question, datagram);
  maker.hear(datagram, 1001);
  EXPECT_EQ(maker.rejected(sync::Rejection::not_introduced), 1u);
  EXPECT_EQ(maker.shared().counters.answers.get(), 0u);
}

// An id of another number each time.
seal::SessionName numbered(std::uint32_t number) {
  seal::SessionName name{};
  std::memcpy(name.data(), &number, sizeof number);
  return name;
}

TEST_F(PullsTest, NoHomeHasMoreThan512SearchesAtATime) {
  add(home);
  add(9);
  for (std::uint32_t i = 0; i <= Pulls::most_of_one_home; ++i)
    pulls_.begin({i, 1}, numbered(i), home, here, now_);
  EXPECT_EQ(pulls_.running(), Pulls::most_of_one_home);
  EXPECT_EQ(ends_, (Ends{{Pulls::most_of_one_home, PullEnd::refused}}));
  pulls_.begin({7, 1}, numbered(9999), 9, here, now_);
  EXPECT_EQ(pulls_.running(), Pulls::most_of_one_home + 1) << "another home's are another matter";
}

TEST_F(PullsTest, NoMoreThan4096RunAtATimeAndAllEnd) {
  for (std::uint16_t node = 100; node < 110; ++node)
    add(node);
  for (std::uint32_t i = 0; i < Pulls::most + 5; ++i)
    pulls_.begin({i, 1}, numbered(i), static_cast<std::uint16_t>(100 + i % 10), here, now_);
  EXPECT_EQ(pulls_.running(), Pulls::most);
  EXPECT_EQ(ends_.size(), 5u);
  for (const auto& [place, end] : ends_)
    EXPECT_EQ(end, PullEnd::refused);
  while (const auto due = pulls_.next_due())
    pass(*due - now_);
  EXPECT_EQ(pulls_.running(), 0u);
  EXPECT_EQ(ends_.size(), Pulls::most + 5);
}

TEST_F(PullsTest, TwentyThousandBeginInASecond) {
  Peer& peer = add(home);
  for (std::uint32_t i = 0; i < Pulls::most_each_second + 3; ++i) {
    pulls_.begin({i, 1}, numbered(i), home, here, now_);
    if (pulls_.running() > 0) pulls_.found(peer, token_, now_);
  }
  EXPECT_EQ(ends_.size(), Pulls::most_each_second + 3);
  for (std::size_t i = 0; i < ends_.size(); ++i)
    ASSERT_EQ(ends_[i].second, i < Pulls::most_each_second ? PullEnd::found : PullEnd::refused);
}

TEST_F(PullsTest, WhoHadTheNumberIsAskedAfterWhoHasIt) {
  Peer& former = add(20);
  former.hello.former_nodes = {3, home};
  add(home);
  begin();
  EXPECT_EQ(asked(), (Nodes{home, 20}));
}

TEST_F(PullsTest, WhoHadOurNumberIsAskedForItsSessions) {
  add(20).hello.former_nodes = {here};
  add(9);
  pulls_.begin({0, 1}, id(1), here, here, now_);
  EXPECT_EQ(asked(), Nodes{20});
}

}  // namespace
}  // namespace reprise::cluster
