#include "sync/intake.hpp"

#include <map>

#include <gtest/gtest.h>

#include "harness.hpp"
#include "vectors.hpp"

namespace reprise::sync::testing {
namespace {

constexpr UnixSeconds recorded_at = 1795434855;

class IntakeTest : public ::testing::Test {
protected:
  void take(const std::string& datagram, const std::string& from = "192.0.2.7:4000") {
    replica_.intake.take(datagram, endpoint(from), now_);
  }
  void take(const Change& change, const std::string& from = "192.0.2.7:4000") {
    std::string bytes;
    ASSERT_TRUE(encode(change, bytes));
    take(bytes, from);
  }
  std::string value(const std::string& key) {
    const auto item = replica_.plain->get(key, now_);
    return item ? item->value : "";
  }
  std::uint64_t items() const { return replica_.plain->counts().items; }

  UnixSeconds now_ = recorded_at;
  Replica replica_{{}};
};

// Where ours is another answer than uWSGI's: how many items more there are, and why.
struct Difference {
  int items;
  Rejection reason;
};
const std::map<std::string, Difference> differences{
    {"set expires 99999999999999999999999999 (overflow)", {0, Rejection::bad_expiry}},
    {"set expires garbage 'abc'", {0, Rejection::bad_expiry}},
    {"set expires '-5'", {0, Rejection::bad_expiry}},
    {"del exactly as uWSGI sends it", {-1, Rejection::failed}},
    {"del + 2 padding bytes", {0, Rejection::unknown_key}},  // it is gone by then
};

std::string packet_of(const boost::json::object& each) {
  if (const std::string packet = text(each, "packet"); !packet.empty()) return from_hex(packet);
  const std::string name = text(each, "name");
  std::string bytes;
  for (const std::size_t size : {4096u, 4097u}) {
    if (name.find("(" + std::to_string(size) + ")") == std::string::npos) continue;
    EXPECT_TRUE(encode({Operation::set, "big", std::string(size, 'x'), 0}, bytes));
    return bytes;
  }
  if (name == "max udp datagram 65507, junk") return "\x6f" + std::string(65506, '\xff');
  EXPECT_EQ(name, "empty datagram");
  return "";
}

TEST_F(IntakeTest, TreatsEveryRecordedPacketAsUwsgiDoesOrAsIsListed) {
  int seen = 0;
  const auto recordings = vectors("inbound.json");
  for (const auto& value_of : recordings.at("cases").as_array()) {
    const auto& each = value_of.as_object();
    const std::string name = text(each, "name");
    if (text(each, "cache") != "c" || text(each, "send_error") != "") continue;
    if (name.find("when cache full") != std::string::npos) continue;  // below
    SCOPED_TRACE(name);
    const auto other = differences.find(name);
    const auto before = static_cast<std::int64_t>(items());
    const std::string packet = packet_of(each);
    take(packet);
    std::int64_t expected =
        each.at("items_after").to_number<int>() - each.at("items_before").to_number<int>();
    if (other != differences.end()) {
      expected = other->second.items;
      if (other->second.reason != Rejection::failed) {
        EXPECT_GT(replica_.rejected(other->second.reason), 0u);
      }
    }
    EXPECT_EQ(static_cast<std::int64_t>(items()) - before, expected);
    Rejection why = Rejection::failed;
    const auto change = decode(packet, why);
    const std::string after = from_hex(text(each, "value_after"));
    if (other == differences.end() && change && change->operation == Operation::set &&
        !after.empty() && (change->expires == 0 || change->expires > now_)) {
      EXPECT_EQ(value(std::string(change->key)), after);
    }
    ++seen;
  }
  EXPECT_GE(seen, 50);
  EXPECT_EQ(replica_.plain->verify(), "");
}

TEST_F(IntakeTest, AFullCacheIsCountedAndStillUpdated) {
  for (int i = 0; i < 19; ++i)
    take(Change{Operation::set, "key" + std::to_string(i), "v", 0});
  take(Change{Operation::set, "overflow", "v", 0});
  EXPECT_EQ(replica_.rejected(Rejection::full), 1u);
  take(Change{Operation::set, "key3", "v2", 0});
  EXPECT_EQ(value("key3"), "v2");
}

TEST_F(IntakeTest, ItemsAreMarkedWithWhereTheyCameFrom) {
  take(Change{Operation::set, "far", "v", 0});
  take(Change{Operation::set, "near", "v", 0}, "127.0.0.1:4000");
  const auto far = replica_.plain->get("far", now_);
  const auto near = replica_.plain->get("near", now_);
  EXPECT_EQ(far->flags, cache::item_flags::from_peer);
  EXPECT_TRUE(made_elsewhere(*far) && made_elsewhere(*near));
  EXPECT_EQ(near->flags & cache::item_flags::believed, cache::item_flags::believed);
  replica_.cache.update("here", "v", 0, now_);
  EXPECT_FALSE(made_elsewhere(*replica_.cache.get("here", now_)));
  replica_.cache.get("far", now_);
  EXPECT_EQ(replica_.ledger.cache().hits_here.get(), 1u);
  EXPECT_EQ(replica_.ledger.cache().hits_elsewhere.get(), 1u);
}

TEST_F(IntakeTest, WhatThePeersTellExpires) {
  take(Change{Operation::set, "k", "v", now_ + 10});
  EXPECT_EQ(value("k"), "v");
  now_ += 10;
  EXPECT_EQ(value("k"), "");
  EXPECT_EQ(replica_.plain->sweep(now_, 100).freed, 1u);
}

TEST_F(IntakeTest, CountsByAddress) {
  take(Change{Operation::set, "a", "v", 0}, "192.0.2.7:1");
  take(Change{Operation::set, "b", "v", 0}, "192.0.2.7:2");
  take("rubbish", "[2001:db8::1]:9");
  const auto peers = replica_.ledger.peers();
  ASSERT_EQ(peers.size(), 2u);
  EXPECT_EQ(peers[0].address, "192.0.2.7");
  EXPECT_EQ(peers[0].counters->received.get(), 2u);
  EXPECT_EQ(peers[0].counters->applied.get(), 2u);
  EXPECT_EQ(peers[0].counters->received_bytes.get(), 26u);
  EXPECT_EQ(peers[1].address, "2001:db8::1");
  EXPECT_EQ(replica_.rejected(Rejection::other_protocol), 1u);
  EXPECT_GT(peers[1].counters->last_packet.get(), 0u);
}

TEST_F(IntakeTest, ForgedAddressesShareARow) {
  for (int i = 0; i < 200; ++i)
    take("rubbish", "192.0.2." + std::to_string(i) + ":1");
  const auto peers = replica_.ledger.peers();
  ASSERT_EQ(peers.size(), Ledger::most_peers + 1);
  EXPECT_EQ(peers.back().address, "others");
  EXPECT_EQ(peers.back().counters->received.get(), 200 - Ledger::most_peers);
}

// Refuses keys that begin with "no", and shortens the lives of all others.
class Strict final : public Acceptance {
public:
  std::optional<Rejection> judge(Change& change, const Arrival& arrival) override {
    if (change.key.starts_with("no")) return Rejection::untrusted;
    change.expires = arrival.now + 1;
    return std::nullopt;
  }
  bool may_leave(const cache::Item&) const override { return true; }
};

TEST_F(IntakeTest, WhoKnowsTheCacheHasTheLastWord) {
  Strict strict;
  Replica replica({}, Replica::usual(), &strict);
  std::string bytes;
  for (const char* key : {"no", "yes"}) {
    ASSERT_TRUE(encode({Operation::set, key, "v", 0}, bytes));
    replica.intake.take(bytes, endpoint("192.0.2.7:1"), now_);
  }
  EXPECT_FALSE(replica.plain->exists("no", now_));
  EXPECT_EQ(replica.plain->get("yes", now_)->expires, now_ + 1);
  EXPECT_EQ(replica.rejected(Rejection::untrusted), 1u);
}

}  // namespace
}  // namespace reprise::sync::testing
