#include "sync/command.hpp"

#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness.hpp"
#include "sync/command_runner.hpp"
#include "vectors.hpp"

namespace reprise::sync::testing {
namespace {

constexpr UnixSeconds now = 1795436129;

// Says nothing against anything, but keeps what begins with "secret" on this host.
class Lenient final : public Acceptance {
public:
  std::optional<Rejection> judge(Change& change, const Arrival& arrival) override {
    if (change.key.starts_with("secret") && !arrival.from_this_host) return Rejection::untrusted;
    return std::nullopt;
  }
  bool may_leave(const cache::Item& item) const override {
    return !item.value.starts_with("secret");
  }
};

cache::Settings settings(const char* name, std::uint64_t items) {
  cache::Settings out;
  out.name = name;
  out.max_items = items;
  out.keysize = 32;
  out.blocksize = 64;
  return out;
}

class CommandTest : public ::testing::Test {
protected:
  // What a whole request is answered with; "?" if it is not understood.
  std::string ask(const std::string& request, const std::string& from = "127.0.0.1:4000") {
    const auto size = request.size() < 4 ? std::nullopt : command_size(request);
    if (!size || *size > request.size()) return "?";
    const auto command = read_command(Bytes(request).substr(0, *size));
    if (!command) return "?";
    Replica* const replica = find(command->cache);
    if (replica == nullptr) return "";
    Offer offer{replica->cache, replica->intake, lenient_};
    const Bytes behind = Bytes(request).substr(*size, command->value_size);
    return run(*command, command->value_size > 0 ? behind : command->value, offer, endpoint(from),
               now);
  }
  Replica* find(Bytes name) {
    if (name.empty() || name == "c") return &c_;
    return name == "d" ? &d_ : nullptr;
  }
  static std::string packet(unsigned char modifier2, const std::string& body) {
    return {std::string{'\x6f', static_cast<char>(body.size()), 0, static_cast<char>(modifier2)} +
            body};
  }
  static std::string described(const std::map<std::string, std::string>& variables,
                               const std::string& behind = "") {
    std::string body;
    for (const auto& [key, value] : variables) {
      for (const std::string& each : {key, value}) {
        body += static_cast<char>(each.size());
        body += '\0';
        body += each;
      }
    }
    return packet(17, body) + behind;
  }
  bool has(Replica& replica, const std::string& key) { return replica.plain->exists(key, now); }

  Lenient lenient_;
  Replica c_{{}, settings("c", 4), &lenient_};
  Replica d_{{}, settings("d", 6), &lenient_};
};

const std::string ok = from_hex("6f0c0011060073746174757302006f6b");

// Where ours is another answer than uWSGI's, and right.
const std::map<std::string, std::string> differences{
    {"get m2=0", from_hex("6f050000") + "hello"},  // a header instead of a piece of a pointer
    {"get m2=5", from_hex("6f050005") + "hello"},
    {"get m2=5 missing", from_hex("6f000005")},
    {"dict key m2=3", "hello"},  // found
    {"dict get m2=4", "hello"},
    {"magic get in d", ok.substr(0, 1) + from_hex("2a0011") + ok.substr(4) +
                           from_hex("040073697a650100330700657870697265730a00") + "1795436229abc"},
    {"magic unknown cmd", "?"},  // nothing too, but counted
    {"m2=9", "?"},
};

TEST_F(CommandTest, AnswersEveryRecordedRequestAsUwsgiDoesOrAsIsListed) {
  int seen = 0;
  const auto recordings = vectors("tcp.json");
  for (const auto& value : recordings.as_array()) {
    const auto& each = value.as_object();
    const std::string name = text(each, "name");
    if (each.contains("config") || name.starts_with("dump")) continue;  // dump_test.cpp
    SCOPED_TRACE(name);
    const auto other = differences.find(name);
    EXPECT_EQ(ask(from_hex(text(each, "request"))),
              other != differences.end() ? other->second : from_hex(text(each, "response")));
    ++seen;
    const auto& after = each.at("caches_after").as_array().at(0).as_object();
    EXPECT_EQ(c_.plain->counts().items, after.at("items").to_number<std::uint64_t>());
  }
  EXPECT_GE(seen, 20);
}

TEST_F(CommandTest, SetKeepsAndUpdateReplaces) {
  EXPECT_EQ(ask(described({{"cmd", "set"}, {"key", "k"}, {"size", "1"}, {"expires", "9"}}, "a")),
            ok);
  EXPECT_EQ(c_.plain->get("k", now)->expires, now + 9);
  EXPECT_EQ(ask(described({{"cmd", "set"}, {"key", "k"}, {"size", "1"}}, "b")), "");
  EXPECT_EQ(ask(described({{"cmd", "update"}, {"key", "k"}, {"size", "1"}}, "b")), ok);
  EXPECT_EQ(c_.plain->get("k", now)->value, "b");
  EXPECT_EQ(c_.plain->get("k", now)->expires, 0u);
}

TEST_F(CommandTest, PeersAreToldOfWhatIsSetAndErased) {
  Ear ear;
  Replica replica({ear.address()}, settings("e", 9), &lenient_);
  Offer offer{replica.cache, replica.intake, lenient_};
  for (const std::string& request :
       {packet(1, from_hex("01006b") + from_hex("010076")), packet(2, "k"), packet(2, "k")}) {
    run(*read_command(request), read_command(request)->value, offer, endpoint("127.0.0.1:1"), now);
  }
  Rejection why = Rejection::failed;
  const auto heard = ear.heard();
  ASSERT_EQ(heard.size(), 2u);  // the second erase found nothing
  EXPECT_EQ(decode(heard[0], why)->value, "v");
  EXPECT_EQ(decode(heard[1], why)->operation, Operation::erase);
}

TEST_F(CommandTest, WhatIsNotForOtherHostsIsNeitherGivenNorTaken) {
  const std::string set = described({{"cmd", "set"}, {"key", "secret"}, {"size", "6"}}, "secret");
  const std::string get = described({{"cmd", "get"}, {"key", "secret"}});
  EXPECT_EQ(ask(set, "192.0.2.7:1"), "");
  EXPECT_FALSE(has(c_, "secret"));
  EXPECT_EQ(c_.rejected(Rejection::untrusted), 1u);
  EXPECT_EQ(ask(set), ok);
  EXPECT_EQ(ask(get, "192.0.2.7:1"), "");
  EXPECT_EQ(ask(packet(0, "secret"), "192.0.2.7:1"), "");
  EXPECT_TRUE(ask(get).ends_with("secret"));
}

TEST_F(CommandTest, WhatIsSetIsMarkedAsTold) {
  ask(described({{"cmd", "set"}, {"key", "k"}, {"size", "1"}}, "a"), "192.0.2.7:1");
  EXPECT_EQ(c_.plain->get("k", now)->flags, cache::item_flags::from_peer);
}

TEST_F(CommandTest, WhatIsNotUnderstoodDoesNothing) {
  for (const std::string& request :
       {packet(17, "xx"), described({{"key", "k"}}), described({{"cmd", "frob"}, {"key", "k"}}),
        described({{"cmd", "get"}}), described({{"cmd", "set"}, {"key", "k"}, {"size", "-1"}}),
        described({{"cmd", "set"}, {"key", "k"}, {"size", "1048577"}}),
        described({{"cmd", "set"}, {"key", "k"}, {"size", "1"}, {"expires", "1h"}}),
        described({{"cmd", "set"}, {"key", "k"}, {"size", "1"}, {"expires", "99999999999"}}),
        packet(0, ""), packet(2, ""), packet(3, ""), packet(1, "\x05"), packet(10, "abc"),
        std::string("GET / HTTP/1.0\r\n")}) {
    EXPECT_EQ(ask(request), "?") << request;
  }
}

}  // namespace
}  // namespace reprise::sync::testing
