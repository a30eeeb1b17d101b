// Members that reach each other through repeaters only: all of them seem to be at one address.
#include <set>

#include <gtest/gtest.h>

#include "harness.hpp"

namespace reprise::cluster {
namespace {

using testing::Flight;
using testing::Node;
using testing::pull_budget;
using testing::World;

class BehindRepeatersTest : public ::testing::Test {
protected:
  void deliver() {
    for (int rounds = 0; !world_.flights.empty(); ++rounds) {
      ASSERT_LT(rounds, 10'000) << "the network does not come to rest";
      const Flight flight = world_.flights.front();
      world_.flights.pop_front();
      for (const unsigned repeater : repeaters_) {
        // What is told to all goes to each repeater, anything else to the one that it is for.
        if (flight.to == repeater) {
          for (const auto& node : world_.nodes())
            if (node->port() != flight.from) node->hear(flight.datagram, repeater);
        } else if (flight.to < first_repeater) {
          world_.node(flight.to).hear(flight.datagram, repeater);
        }
      }
    }
  }

  void pass(Moment milliseconds) {
    for (Moment passed = 0; passed < milliseconds; passed += 100) {
      world_.now += 100;
      for (const auto& node : world_.nodes())
        node->tick();
      deliver();
    }
  }

  static std::set<unsigned> addresses_of_peers(Node& node) {
    std::set<unsigned> ports;
    for (const Peer* peer : node.member().peers().live())
      ports.insert(peer->address.port());
    return ports;
  }

  static constexpr unsigned first_repeater = 5000;
  World world_;
  std::vector<unsigned> repeaters_{first_repeater};
};

TEST_F(BehindRepeatersTest, TheyMeetAndTellAndPull) {
  Node& first = world_.add();
  Node& second = world_.add();
  pass(1500);
  const std::string told = first.new_id(), other = second.new_id();
  first.make(told);
  second.make(other);
  deliver();
  EXPECT_TRUE(second.has(told));
  EXPECT_TRUE(first.has(other));
  Node& late = world_.add();
  pass(1500);
  ASSERT_EQ(late.member().peers().live_count(), 2u);
  EXPECT_EQ(addresses_of_peers(late), std::set{first_repeater});
  EXPECT_FALSE(late.has(told));
  late.seek(told);
  late.seek(other);
  deliver();
  EXPECT_TRUE(late.has(told));
  EXPECT_TRUE(late.has(other));
}

TEST_F(BehindRepeatersTest, WhereOneIsGoneTheOtherIsTaken) {
  repeaters_ = {first_repeater, first_repeater + 1};
  Node& first = world_.add();
  Node& second = world_.add();
  pass(1500);
  EXPECT_EQ(addresses_of_peers(second).size(), 1u);  // either is as good
  repeaters_ = {first_repeater + 1};
  pass(5000);
  EXPECT_EQ(addresses_of_peers(first), std::set{first_repeater + 1});
  EXPECT_EQ(addresses_of_peers(second), std::set{first_repeater + 1});
  Node& late = world_.add();
  const std::string id = first.new_id();
  first.make(id);
  world_.flights.clear();  // the push is lost
  pass(1500);
  late.seek(id);
  deliver();
  EXPECT_TRUE(late.has(id));
}

// At once, long before anybody has found out which one is gone.
TEST_F(BehindRepeatersTest, WhatIsAskedAgainGoesByAll) {
  world_.repeaters = repeaters_ = {first_repeater, first_repeater + 1};
  Node& home = world_.add();
  Node& other = world_.add();
  pass(1500);
  const std::string id = home.new_id();
  home.make(id);
  world_.flights.clear();  // the push is lost
  const unsigned way = *addresses_of_peers(other).begin();
  repeaters_ = {way == first_repeater ? first_repeater + 1 : first_repeater};
  const auto ticket = other.seek(id);
  deliver();
  EXPECT_FALSE(other.has(id));
  other.member().search(microseconds() + pull_budget / 4);
  deliver();
  EXPECT_TRUE(other.has(id));
  EXPECT_EQ(other.board().end_of(ticket), PullEnd::found);
}

// A recording that is played from elsewhere asks for one proof in three seconds, which it has not.
TEST_F(BehindRepeatersTest, WhoeverOnlySendsFromElsewhereMovesNothing) {
  Node& first = world_.add();
  Node& second = world_.add();
  pass(1500);
  repeaters_.clear();  // and somebody on the way sends everything on from where nobody answers
  for (int i = 0; i < 100; ++i) {
    world_.now += 100;
    first.tick();
    std::vector<Flight> flights(world_.flights.begin(), world_.flights.end());
    world_.flights.clear();
    for (const Flight& flight : flights)
      if (flight.from == first.port()) second.hear(flight.datagram, 9);
    second.tick();
  }
  EXPECT_EQ(addresses_of_peers(second), std::set{first_repeater});
}

}  // namespace
}  // namespace reprise::cluster
