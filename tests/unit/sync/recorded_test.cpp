// What uWSGI was recorded to send where ours is another answer, or the cache of another kind.
#include <map>

#include <gtest/gtest.h>

#include "harness.hpp"
#include "vectors.hpp"

namespace reprise::sync::testing {
namespace {

struct Operation {
  std::string key, value;
  UnixSeconds at = 0;
  UnixSeconds expires = 0;
  std::vector<std::size_t> sizes;  // of what uWSGI sent
};

std::vector<Operation> sets_of(const char* group) {
  std::vector<Operation> sets;
  const auto recordings = vectors("outbound.json");
  for (const auto& each : recordings.at(group).at("ops").as_array()) {
    if (text(each.as_object(), "op") != "set") continue;
    const auto& args = each.at("args").as_object();
    Operation set{text(args, "k"), text(args, "v"), 0, 0, {}};
    if (const auto* size = args.if_contains("vlen")) {
      set.value.assign(size->to_number<std::size_t>(), 'x');
    }
    set.at = static_cast<UnixSeconds>(each.at("time").to_number<double>());
    if (const auto* left = args.if_contains("e")) {
      set.expires = set.at + left->to_number<unsigned>();
    }
    for (const auto& size : each.at("datagram_len").as_array())
      set.sizes.push_back(size.to_number<std::size_t>());
    sets.push_back(set);
  }
  return sets;
}

std::string packet(const Operation& set) {
  std::string bytes;
  EXPECT_TRUE(encode({sync::Operation::set, set.key, set.value, set.expires}, bytes));
  return bytes;
}

cache::Settings settings_with(std::uint64_t max_items, std::uint64_t blocksize = 4096) {
  cache::Settings settings = Replica::usual();
  settings.max_items = max_items;
  settings.blocksize = blocksize;
  return settings;
}

TEST(RecordedTest, TwoNodesAtOneAddressHearItTwice) {
  const Ear ear;
  Replica replica({ear.address(), ear.address()});
  const auto sets = sets_of("two_nodes");
  ASSERT_EQ(sets.size(), 1u);
  replica.cache.set(sets[0].key, sets[0].value, 0, sets[0].at);
  EXPECT_EQ(ear.heard(), std::vector<std::string>(2, packet(sets[0])));
  EXPECT_EQ(sets[0].sizes, std::vector<std::size_t>(2, packet(sets[0]).size()));
}

// uWSGI sends an erase without a key for each place of a cache that is cleared.
TEST(RecordedTest, ACacheThatClearsItselfTellsNobody) {
  const Ear ear;
  cache::Settings settings = settings_with(4);
  settings.clear_on_full = true;
  Replica replica({ear.address()}, settings);
  std::vector<std::string> expected;
  for (const Operation& set : sets_of("clear_on_full")) {
    replica.cache.set(set.key, set.value, 0, set.at);
    expected.push_back(packet(set));
  }
  EXPECT_EQ(expected.size(), 4u);
  EXPECT_EQ(ear.heard(), expected);
  EXPECT_EQ(replica.plain->counts().items, 1u);
}

// uWSGI tells them in seconds from now on, which others take for a time in 1970.
TEST(RecordedTest, ExpiriesOfACacheThatEvictsAreTimesToo) {
  const Ear ear;
  cache::Settings settings = settings_with(4);
  settings.eviction = cache::Eviction::least_recently_used;
  Replica replica({ear.address()}, settings);
  std::vector<std::string> expected;
  for (const Operation& set : sets_of("lru")) {
    replica.cache.set(set.key, set.value, set.expires, set.at);
    expected.push_back(packet(set));
    EXPECT_EQ(expected.back().size() > set.sizes.at(0), set.expires != 0);
  }
  EXPECT_EQ(ear.heard(), expected);
}

// What fits no packet is sent in part, or without a value, by uWSGI.
TEST(RecordedTest, LargeValuesAreSentWholeOrNotAtAll) {
  for (const auto& [group, blocksize] : std::map<const char*, std::uint64_t>{
           {"large_values_default_blocksize", 65536}, {"large_values_bitmap", 200000}}) {
    const Ear ear;
    Replica replica({ear.address()}, settings_with(10, blocksize));
    for (const Operation& set : sets_of(group)) {
      SCOPED_TRACE(set.value.size());
      const bool stored =
          replica.cache.set(set.key, set.value, 0, set.at) == cache::SetResult::stored;
      EXPECT_EQ(stored, set.value.size() <= blocksize);
      const bool fits = !set.sizes.empty() && set.sizes[0] > set.value.size();
      EXPECT_EQ(ear.heard(), fits ? std::vector{packet(set)} : std::vector<std::string>{});
      if (fits) {
        EXPECT_EQ(packet(set).size(), set.sizes[0]);
      }
    }
  }
}

TEST(RecordedTest, AFullCacheRefusesWhatIsNewAndTakesWhatItHas) {
  Replica replica({}, settings_with(20));
  const auto take = [&](const std::string& bytes) {
    replica.intake.take(bytes, endpoint("192.0.2.7:1"), 1000);
  };
  for (int i = 0; i < 18; ++i)
    take(packet({"b" + std::to_string(i), "v", 0, 0, {}}));
  take(packet({"a2", "v", 0, 0, {}}));
  ASSERT_EQ(replica.plain->counts().items, 19u);
  int seen = 0;
  const auto recordings = vectors("inbound.json");
  for (const auto& value : recordings.at("cases").as_array()) {
    const auto& each = value.as_object();
    if (text(each, "name").find("when cache full") == std::string::npos) continue;
    const std::string bytes = from_hex(text(each, "packet"));
    const std::uint64_t before = replica.rejected(Rejection::full);
    take(bytes);
    Rejection why = Rejection::failed;
    const std::string key(decode(bytes, why)->key);
    const auto item = replica.plain->get(key, 1000);
    const std::string after = from_hex(text(each, "value_after"));
    EXPECT_EQ(item ? item->value : "", after);
    EXPECT_EQ(replica.rejected(Rejection::full) - before, after.empty() ? 1u : 0u);
    EXPECT_EQ(replica.plain->counts().items, 19u);
    ++seen;
  }
  EXPECT_EQ(seen, 2);
}

}  // namespace
}  // namespace reprise::sync::testing
