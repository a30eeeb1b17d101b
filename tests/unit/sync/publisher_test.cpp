#include "sync/publisher.hpp"

#include <map>

#include <gtest/gtest.h>

#include "harness.hpp"
#include "net/reactor.hpp"
#include "sync/receiver.hpp"
#include "vectors.hpp"

namespace reprise::sync::testing {
namespace {

constexpr UnixSeconds now = 1000;

TEST(PublisherTest, EveryNodeGetsEveryChange) {
  const Ear one, two("127.0.0.2:0"), six("[::1]:0");
  Replica replica({one.address(), six.address(), two.address()});
  EXPECT_EQ(replica.cache.set("foo", "bar", 0, now), cache::SetResult::stored);
  EXPECT_EQ(replica.cache.set("foo", "again", 0, now), cache::SetResult::exists);
  EXPECT_EQ(replica.cache.update("foo", "baz", 2000, now), cache::SetResult::stored);
  EXPECT_TRUE(replica.cache.erase("foo"));
  EXPECT_FALSE(replica.cache.erase("foo"));
  const std::vector<std::string> expected{from_hex("6f0d000a0300666f6f0300626172010030"),
                                          from_hex("6f10000a0300666f6f030062617a040032303030"),
                                          from_hex("6f07000b0300666f6f0000")};
  for (const Ear* ear : {&one, &two, &six})
    EXPECT_EQ(ear->heard(), expected);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(replica.ledger.node(i).sent.get(), 3u);
    EXPECT_EQ(replica.ledger.node(i).sent_bytes.get(), 17u + 20u + 11u);
  }
}

// A packet that sets what the cache has.
std::string told_of(Replica& replica, Bytes key, UnixSeconds at) {
  const auto item = replica.plain->get(key, at);
  std::string packet;
  EXPECT_TRUE(item && encode({Operation::set, key, item->value, item->expires}, packet));
  return packet;
}

// What uWSGI was asked to do and what it sent. It tells the operand of arithmetic as the new value,
// and what is left of an item's time as when it ends; and clearing by many packets without a key.
TEST(PublisherTest, SendsWhatUwsgiWasRecordedToSend) {
  const auto recordings = vectors("outbound.json");
  using Arithmetic = cache::Arithmetic::Operation;
  const std::map<std::string, Arithmetic> arithmetic{{"inc", Arithmetic::increment},
                                                     {"dec", Arithmetic::decrement},
                                                     {"mul", Arithmetic::multiply},
                                                     {"div", Arithmetic::divide}};
  int checked = 0;
  for (const char* group : {"default_cache", "cache2_named", "full"}) {
    const Ear ear;
    cache::Settings settings = Replica::usual();
    settings.max_items = group == std::string("full") ? 4 : 50;
    settings.keysize = group == std::string("default_cache") ? 2048 : 128;
    Replica replica({ear.address()}, settings);
    for (const auto& each : recordings.at(group).at("ops").as_array()) {
      const std::string op = text(each.as_object(), "op");
      const auto& args = each.at("args").as_object();
      std::string key = text(args, "k") + from_hex(text(args, "khex"));
      std::string value = text(args, "v") + from_hex(text(args, "vhex"));
      using Size = std::size_t;
      if (const auto* size = args.if_contains("klen")) key.assign(size->to_number<Size>(), 'K');
      if (const auto* size = args.if_contains("vlen")) value.assign(size->to_number<Size>(), 'x');
      const auto at = static_cast<UnixSeconds>(each.at("time").to_number<double>());
      const auto* relative = args.if_contains("e");
      const UnixSeconds expires = relative != nullptr ? at + relative->to_number<unsigned>() : 0;
      if (op == "set") {
        replica.cache.set(key, value, expires, at);
      } else if (op == "update") {
        replica.cache.update(key, value, expires, at);
      } else if (op == "del") {
        replica.cache.erase(key);
      } else if (op == "get") {
        EXPECT_EQ(replica.cache.get(key, at).has_value(), each.at("result").is_string());
      } else if (op == "exists") {
        EXPECT_EQ(replica.plain->exists(key, at), each.at("result").as_bool());
      } else if (const auto found = arithmetic.find(op); found != arithmetic.end()) {
        const auto operand = args.at("n").to_number<std::int64_t>();
        EXPECT_EQ(replica.cache.change(key, {found->second, operand}, expires, at),
                  cache::SetResult::stored);
        EXPECT_EQ(ear.heard(), std::vector<std::string>{told_of(replica, key, at)});
        ++checked;
        continue;
      } else {
        continue;
      }
      SCOPED_TRACE(std::string(group) + ": " + op + " " + key);
      std::vector<std::string> expected;
      for (const auto& datagram : each.at("datagrams").as_array()) {
        if (!datagram.is_string()) continue;
        expected.push_back(from_hex(std::string(datagram.as_string())));
        if (op != "del") continue;
        expected.back()[1] = static_cast<char>(expected.back()[1] + 2);
        expected.back() += std::string(2, '\0');
      }
      const auto heard = ear.heard();
      if (expected.empty() && !each.at("datagrams").as_array().empty()) {
        EXPECT_EQ(heard.size(), 1u);  // recorded by its length
      } else {
        EXPECT_EQ(heard, expected);
      }
      ++checked;
    }
  }
  EXPECT_GT(checked, 55);
}

TEST(PublisherTest, SomeChangesStayOnThisHost) {
  const Ear near;
  const net::Endpoint far = endpoint("203.0.113.1:9");
  Replica replica({far, near.address()});
  replica.cache.update("k", "v", 0, now, Audience::this_host);
  EXPECT_EQ(near.heard().size(), 1u);
  EXPECT_EQ(replica.ledger.node(0).sent.get() + replica.ledger.node(0).failed.get(), 0u);
  EXPECT_EQ(replica.ledger.node(1).sent.get(), 1u);
}

TEST(PublisherTest, ANodeThatCannotBeReachedDoesNotKeepItFromTheOthers) {
  const Ear one, two;
  // Port 0 is nobody's: the kernel refuses to send there.
  Replica replica({one.address(), endpoint("127.0.0.1:0"), two.address()});
  replica.cache.update("k", "v", 0, now);
  EXPECT_EQ(one.heard().size(), 1u);
  EXPECT_EQ(two.heard().size(), 1u);
  EXPECT_EQ(replica.ledger.node(1).failed.get(), 1u);
  EXPECT_EQ(replica.ledger.node(1).sent.get(), 0u);
}

TEST(PublisherTest, WhatNoDatagramHoldsIsKeptAndNotSent) {
  const Ear ear;
  cache::Settings settings = Replica::usual();
  settings.blocksize = 70000;
  Replica replica({ear.address()}, settings);
  for (const std::size_t size : {65497u, 65535u, 65536u, 65636u})
    EXPECT_EQ(replica.cache.update("g", std::string(size, 'x'), 0, now), cache::SetResult::stored);
  EXPECT_TRUE(ear.heard().empty());
  EXPECT_EQ(replica.ledger.cache().too_large_to_send.get(), 4u);
}

TEST(PublisherTest, MoreNodesThanOneCallTakes) {
  const Ear ear;
  Replica replica(std::vector<net::Endpoint>(1500, ear.address()));
  replica.cache.update("k", "v", 0, now);
  EXPECT_EQ(ear.heard().size(), 1500u);
}

class ReceiverTest : public ::testing::Test {
protected:
  void run() {
    for (int i = 0; i < 50; ++i) {
      io_.restart();
      net::Reactor::of(io_).poll();
    }
  }
  net::asio::io_context io_;
};

TEST_F(ReceiverTest, ChangesArriveInThePlainCacheAndGoNowhereElse) {
  const Ear ear, bystander;
  Replica other({bystander.address()});
  Replica replica({ear.address()});
  net::asio::co_spawn(io_, receive(io_, ear.fd(), other.intake), net::asio::detached);
  run();
  for (int i = 0; i < 150; ++i)
    replica.cache.update("key" + std::to_string(i % 10), "value", 0, now);
  run();
  EXPECT_EQ(other.applied(), 150u);
  EXPECT_EQ(other.plain->counts().items, 10u);
  EXPECT_TRUE(bystander.heard().empty());
  EXPECT_TRUE(replica.cache.erase("key3"));
  run();
  EXPECT_FALSE(other.plain->exists("key3", now));
}

TEST_F(ReceiverTest, ANodeThatNamesItselfDoesNotHearItself) {
  const Ear ear;
  Replica replica({ear.address()});
  net::asio::co_spawn(io_, receive(io_, ear.fd(), replica.intake), net::asio::detached);
  replica.cache.update("k", "old", 0, now);
  replica.cache.local().update("k", "new", 0, now);
  run();
  EXPECT_EQ(replica.rejected(Rejection::own), 1u);
  EXPECT_EQ(replica.plain->get("k", now)->value, "new");
}

TEST_F(ReceiverTest, NodesOfOneGroupHearEachOtherAndNotThemselves) {
  net::MulticastOptions options;
  options.interface = "lo";
  const net::Endpoint group = endpoint("225.1.1.1:17171");
  UniqueFd a_ear, b_ear;
  try {
    a_ear = net::bind_datagram(group, options);
    b_ear = net::bind_datagram(group, options);
  } catch (const std::system_error& error) {
    GTEST_SKIP() << "no multicast here: " << error.what();
  }
  const auto senders = [&] {
    std::vector<UniqueFd> list;
    list.push_back(net::open_datagram_sender(AF_INET, options));
    return list;
  };
  Replica a({}), b({});
  const Ledger ledger({group});
  Broadcast broadcast({group}, senders(), ledger);
  Publisher publisher(broadcast, ledger);
  Intake of_a(*a.plain, nullptr, OwnPackets(broadcast.senders()), a.ledger);
  net::asio::co_spawn(io_, receive(io_, a_ear.get(), of_a), net::asio::detached);
  net::asio::co_spawn(io_, receive(io_, b_ear.get(), b.intake), net::asio::detached);
  publisher.publish({Operation::set, "k", "v", 0}, Audience::everyone);
  run();
  EXPECT_EQ(ledger.node(0).sent.get(), 1u);
  EXPECT_EQ(a.rejected(Rejection::own), 1u);
  EXPECT_EQ(b.applied(), 1u);
}

}  // namespace
}  // namespace reprise::sync::testing
