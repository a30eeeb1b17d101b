#include "cluster/holdings.hpp"

#include <algorithm>
#include <random>
#include <set>

#include <gtest/gtest.h>

namespace reprise::cluster {
namespace {

constexpr UnixSeconds wall = 1'700'000'000;
constexpr Moment second = 1000;

std::string id_of(std::uint64_t number) {
  std::mt19937_64 random(number);
  std::string id;
  while (id.size() < 32)
    id.push_back(static_cast<char>(random()));
  return id;
}

std::set<std::string> all_of(const Holdings& holdings, std::size_t at_once) {
  std::set<std::string> all;
  std::uint64_t cursor = 0;
  do {
    std::vector<seal::SessionName> ids;
    cursor = holdings.newest(cursor, at_once, ids);
    for (const seal::SessionName& id : ids)
      EXPECT_TRUE(all.emplace(bytes_of(id)).second) << "shown twice";
  } while (cursor != 0);
  return all;
}

TEST(HoldingsTest, TwoThatHaveTheSameAgreeWhateverTheOrder) {
  Holdings one(1000);
  Holdings other(1000);
  for (std::uint64_t i = 0; i < 500; ++i)
    one.add(id_of(i), wall + 300, 0);
  for (std::uint64_t i = 600; i > 0; --i)
    other.add(id_of(i - 1), wall + 300, 0);
  for (std::uint64_t i = 500; i < 600; ++i)
    other.remove(id_of(i));
  one.tick(2 * second, wall);
  other.tick(2 * second, wall);
  EXPECT_EQ(one.size(), 500u);
  EXPECT_EQ(one.root(), other.root());
  EXPECT_EQ(one.bucket_sums(), other.bucket_sums());
  EXPECT_NE(one.root(), Holdings(1000).root());
  other.remove(id_of(3));
  EXPECT_NE(one.root(), other.root());
  const unsigned leaf = Holdings::leaf_of(fingerprint_of(Bytes(id_of(3))));
  for (unsigned bucket = 0; bucket < Holdings::buckets; ++bucket) {
    const auto mine = one.leaf_sums(bucket);
    const auto theirs = other.leaf_sums(bucket);
    for (unsigned i = 0; i < mine.size(); ++i)
      EXPECT_EQ(mine[i] == theirs[i], bucket * Holdings::leaves_of_bucket + i != leaf);
  }
}

TEST(HoldingsTest, ASessionCountsFromItsSecondSecondToItsLastFive) {
  Holdings holdings(10);
  const std::uint64_t none = holdings.root();
  holdings.add(id_of(1), wall + 20, 0);
  holdings.tick(900, wall);
  EXPECT_EQ(holdings.root(), none);
  holdings.tick(1000, wall + 1);
  EXPECT_NE(holdings.root(), none);
  holdings.tick(15'000, wall + 15);
  EXPECT_NE(holdings.root(), none);
  holdings.tick(16'000, wall + 16);
  EXPECT_EQ(holdings.root(), none);
  EXPECT_EQ(holdings.size(), 1u);
  EXPECT_TRUE(holdings.find(fingerprint_of(Bytes(id_of(1)))));
  holdings.tick(20'000, wall + 20);
  EXPECT_EQ(holdings.size(), 0u);
  EXPECT_FALSE(holdings.find(fingerprint_of(Bytes(id_of(1)))));
}

TEST(HoldingsTest, OneThatEndsSoonWhenItComesNeverCounts) {
  Holdings holdings(10);
  const std::uint64_t none = holdings.root();
  holdings.add(id_of(1), wall + 4, 0);
  for (Moment now = 0; now <= 3000; now += 100) {
    holdings.tick(now, wall + now / second);
    EXPECT_EQ(holdings.root(), none) << now;
  }
}

TEST(HoldingsTest, OneWithAnotherEndIsMoved) {
  Holdings holdings(10);
  holdings.add(id_of(1), wall + 10, 0);
  holdings.add(id_of(1), wall + 100, 0);
  EXPECT_EQ(holdings.size(), 1u);
  holdings.tick(2000, wall + 50);
  EXPECT_EQ(holdings.size(), 1u);
  holdings.add(id_of(2), 0, 0);  // never
  holdings.tick(9000, wall + 1'000'000);
  EXPECT_EQ(all_of(holdings, 3), std::set<std::string>{id_of(2)});
}

TEST(HoldingsTest, ListsOfLeavesAreInOrderAndTogetherAll) {
  Holdings holdings(5000);
  for (std::uint64_t i = 0; i < 5000; ++i)
    holdings.add(id_of(i), wall + 300, 0);
  holdings.tick(1500, wall);
  std::vector<Fingerprint> list;
  std::size_t all = 0;
  for (unsigned leaf = 0; leaf < Holdings::leaves; ++leaf) {
    holdings.list(leaf, list);
    EXPECT_TRUE(std::is_sorted(list.begin(), list.end()));
    for (const Fingerprint one : list)
      EXPECT_EQ(Holdings::leaf_of(one), leaf);
    all += list.size();
  }
  EXPECT_EQ(all, 5000u);
}

TEST(HoldingsTest, TheNewestAreShownFirstAndEachOnce) {
  Holdings holdings(1000);
  for (std::uint64_t i = 0; i < 1000; ++i)
    holdings.add(id_of(i), wall + 100 + i / 10, 0);
  for (const std::size_t at_once : {1u, 7u, 10u, 1000u, 5000u})
    EXPECT_EQ(all_of(holdings, at_once).size(), 1000u) << at_once;
  std::vector<seal::SessionName> ids;
  holdings.newest(0, 10, ids);
  std::set<std::string> newest;
  for (std::uint64_t i = 990; i < 1000; ++i)
    newest.insert(id_of(i));
  for (const seal::SessionName& id : ids)
    EXPECT_TRUE(newest.contains(std::string(bytes_of(id))));
}

TEST(HoldingsTest, AnyCursorLeadsToAnEnd) {
  Holdings holdings(100);
  for (std::uint64_t i = 0; i < 100; ++i)
    holdings.add(id_of(i), wall + 100 + i % 7, 0);
  std::mt19937_64 random(1);
  for (int i = 0; i < 1000; ++i) {
    std::uint64_t cursor = i % 2 == 0 ? random() : (wall + 100 + random() % 9) << 32 | random() % 110;
    std::size_t shown = 0;
    do {
      std::vector<seal::SessionName> ids;
      cursor = holdings.newest(cursor, 9, ids);
      shown += ids.size();
      ASSERT_LE(shown, 100u);
    } while (cursor != 0);
  }
}

TEST(HoldingsTest, TheOneThatEndsFirstGoesForOneTooMany) {
  Holdings holdings(3);
  for (std::uint64_t i = 0; i < 5; ++i)
    holdings.add(id_of(i), wall + 100 - i, 0);
  EXPECT_EQ(all_of(holdings, 10), (std::set<std::string>{id_of(0), id_of(1), id_of(4)}));
}

// Against a plain table, with everything that may happen in any order.
TEST(HoldingsTest, IsLikeAPlainTable) {
  std::mt19937_64 random(7);
  Holdings holdings(100'000);
  std::map<std::string, UnixSeconds> model;
  UnixSeconds now = wall;
  for (int i = 0; i < 20'000; ++i) {
    const std::string id = id_of(random() % 300);
    switch (random() % 4) {
      case 0:
      case 1: {
        const UnixSeconds ends = now + 1 + random() % 60;
        holdings.add(id, ends, (now - wall) * second);
        model[id] = ends;
        break;
      }
      case 2:
        holdings.remove(id);
        model.erase(id);
        break;
      default:
        if (random() % 8 == 0) ++now;
        holdings.tick((now - wall) * second, now);
        std::erase_if(model, [&](const auto& each) { return each.second <= now; });
    }
    ASSERT_EQ(holdings.size(), model.size());
  }
  std::set<std::string> expected;
  for (const auto& [id, ends] : model)
    expected.insert(id);
  EXPECT_EQ(all_of(holdings, 16), expected);
  // All go, and nothing is left in the sums.
  holdings.tick((now + 2 - wall) * second, now + 2);
  for (const std::string& id : expected)
    holdings.remove(id);
  EXPECT_EQ(holdings.root(), Holdings(1).root());
  EXPECT_EQ(holdings.size(), 0u);
}

}  // namespace
}  // namespace reprise::cluster
