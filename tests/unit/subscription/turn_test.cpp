// Orders that uWSGI was recorded to choose nodes in (spec/routers/subscription.md 5).
#include <gtest/gtest.h>

#include "harness.hpp"

namespace reprise::subscription::testing {
namespace {

class Turns : public ::testing::Test {
protected:
  void announce(const std::vector<std::uint64_t>& weights) {
    char name = 'a';
    for (const std::uint64_t weight : weights)
      table_.announce(node("k", std::string(1, name++), weight), at(0));
  }

  std::string order(Algorithm algorithm, int requests, bool held = false,
                    std::string_view client = "192.0.2.1") {
    std::string names;
    std::vector<Lease> leases;
    for (int i = 0; i < requests; ++i) {
      auto lease = table_.choose({"k", client, algorithm, std::chrono::seconds(17), 0}, at(0));
      if (!lease) return names + "-";
      names += lease->address();
      lease->connected();
      if (held) leases.push_back(std::move(*lease));
    }
    return names;
  }

  Table table_{"test", {}};
};

TEST_F(Turns, ByWeight) {
  announce({1, 2, 3});
  EXPECT_EQ(order(Algorithm::wrr, 18), "cabbcccabbcccabbcc");
}

TEST_F(Turns, ByWeightsWithACommonFactorMostly) {
  announce({2, 4, 5});
  EXPECT_EQ(order(Algorithm::wrr, 20), "cabbccabbccabbccabbc");
}

TEST_F(Turns, WithoutWeights) {
  announce({0, 0, 0});
  EXPECT_EQ(order(Algorithm::wrr, 12), "cabcabcabcab");
}

TEST_F(Turns, FewestConnections) {
  announce({1, 2, 3});
  EXPECT_EQ(order(Algorithm::lrc, 12), "cbacbacbacba");
}

TEST_F(Turns, FewestConnectionsHeld) {
  announce({1, 2, 3});
  EXPECT_EQ(order(Algorithm::lrc, 12, /*held=*/true), "cbaabcabcabc");
}

TEST_F(Turns, FewestConnectionsByWeight) {
  announce({1, 2, 3});
  EXPECT_EQ(order(Algorithm::wlrc, 12), "cbacbacbacba");
}

TEST_F(Turns, FewestConnectionsByWeightHeld) {
  announce({1, 2, 3});
  EXPECT_EQ(order(Algorithm::wlrc, 12, /*held=*/true), "cbacbcabccbc");
}

TEST_F(Turns, AClientStaysWithItsNode) {
  announce({1, 1, 1});
  const std::string one = order(Algorithm::iphash, 5, false, "192.0.2.1");
  EXPECT_EQ(one, std::string(5, one[0]));
  std::string all;
  for (int i = 0; i < 50; ++i)
    all += order(Algorithm::iphash, 1, false, "192.0.2." + std::to_string(i));
  for (const char name : {'a', 'b', 'c'})
    EXPECT_NE(all.find(name), std::string::npos) << name;
}

}  // namespace
}  // namespace reprise::subscription::testing
