#include "cluster/messages.hpp"

#include "cluster/healing_messages.hpp"

#include <map>

#include <boost/json/src.hpp>  // Boost.JSON as headers: this file compiles it
#include <gtest/gtest.h>

#include "tests/unit/seal/harness.hpp"

namespace reprise::cluster {
namespace {

using seal::testing::bytes_of;
using seal::testing::vectors;

// Kept, for what is read refers to them.
Bytes golden(const std::string& name) {
  static std::map<std::string, std::string> kept;
  auto& bytes = kept[name];
  if (bytes.empty()) bytes = bytes_of(vectors().at("messages").as_object().at(name));
  return bytes;
}
Bytes body(const std::string& name) {
  return golden(name).substr(3);
}

template <class M>
std::string written(const M& message) {
  std::string text;
  append(text, message);
  return text;
}

TEST(MessagesTest, AreWrittenAndReadAsTheFormatHasThem) {
  const auto session = read_session_message(body("session"));
  ASSERT_TRUE(session);
  EXPECT_EQ(session->left, 299'000u);
  EXPECT_EQ(session->at, 15);
  EXPECT_EQ(written(*session), golden("session"));
  const auto whole = read_session_message(body("session_whole"));
  ASSERT_TRUE(whole);
  EXPECT_EQ(whole->at, whole_der);
  EXPECT_EQ(written(*whole), golden("session_whole"));
  EXPECT_EQ(written(*read_erase_session(body("erase_session"))), golden("erase_session"));
  const auto item = read_item(body("item"));
  ASSERT_TRUE(item);
  EXPECT_EQ(item->left, never);
  EXPECT_EQ(item->key, "key");
  EXPECT_EQ(item->value, "value");
  EXPECT_EQ(written(*item), golden("item"));
  EXPECT_EQ(written(*read_erase_item(body("erase_item"))), golden("erase_item"));
  EXPECT_EQ(written(*read_ask(body("ask"))), golden("ask"));
  EXPECT_EQ(written(*read_answer(body("answer"))), golden("answer"));
  const auto not_here = read_not_here(body("not_here"));
  ASSERT_TRUE(not_here);
  EXPECT_EQ(not_here->reason, NotHereReason::evicted);
  EXPECT_EQ(written(*not_here), golden("not_here"));
  const auto hello = read_hello(body("hello"));
  ASSERT_TRUE(hello);
  EXPECT_EQ(hello->former_nodes, std::vector<std::uint16_t>{777});
  EXPECT_EQ(hello->last_push, 42u);
  EXPECT_EQ(hello->keys.size(), 2u);
  EXPECT_EQ(hello->version, "0.1");
  EXPECT_EQ(written(*hello), golden("hello"));
  EXPECT_EQ(written(*read_challenge(body("challenge"))), golden("challenge"));
  EXPECT_EQ(written(*read_proof(body("proof"))), golden("proof"));
  std::string next;
  append_next_name(next, *read_next_name(body("next_name")));
  EXPECT_EQ(next, golden("next_name"));
}

TEST(MessagesTest, ABodyThatEndsEarlyIsNone) {
  const auto refuses = [](const char* name, auto read, std::size_t least = 0) {
    const Bytes whole = body(name);
    if (least == 0) least = whole.size();
    for (std::size_t size = 0; size < least; ++size)
      EXPECT_FALSE(read(whole.substr(0, size))) << name << " " << size;
  };
  refuses("session", read_session_message, 37);
  refuses("erase_session", read_erase_session);
  refuses("item", read_item, 9);
  refuses("ask", read_ask);
  refuses("answer", read_answer, 45);
  refuses("not_here", read_not_here);
  refuses("hello", read_hello);
  refuses("challenge", read_challenge);
  refuses("proof", read_proof);
  refuses("next_name", read_next_name);
  refuses("settled", read_settled);
  refuses("digest", read_digest);
  refuses("listing", read_listing, 18);
  refuses("fill", read_fill);
  refuses("fill_end", read_fill_end);
}

TEST(MessagesTest, WhatHealsIsAsInTheVectors) {
  const auto lost = read_lost(body("lost"));
  ASSERT_TRUE(lost);
  ASSERT_EQ(lost->ranges.size(), 2u);
  EXPECT_EQ(lost->ranges[0].first, 7u);
  EXPECT_EQ(lost->ranges[0].count, 3u);
  EXPECT_EQ(written(*lost), golden("lost"));
  for (const bool gone : {false, true}) {
    const char* const name = gone ? "settled_gone" : "settled";
    const auto settled = read_settled(body(name));
    ASSERT_TRUE(settled);
    EXPECT_EQ(settled->gone, gone);
    EXPECT_EQ(written(*settled), golden(name));
  }
  const auto digest = read_digest(body("digest"));
  ASSERT_TRUE(digest);
  EXPECT_FALSE(digest->bucket);
  EXPECT_EQ(digest->sums[127], 127u);
  EXPECT_EQ(written(*digest), golden("digest"));
  const auto bucket = read_digest(body("digest_bucket"));
  ASSERT_TRUE(bucket);
  EXPECT_EQ(bucket->bucket, 5);
  EXPECT_EQ(written(*bucket), golden("digest_bucket"));
  const auto listing = read_listing(body("listing"));
  ASSERT_TRUE(listing);
  EXPECT_EQ(listing->leaf, 3);
  EXPECT_EQ(listing->all.size(), 2u);
  EXPECT_EQ(written(*listing), golden("listing"));
  const auto fill = read_fill(body("fill"));
  ASSERT_TRUE(fill);
  EXPECT_EQ(fill->datagrams, 32);
  EXPECT_EQ(written(*fill), golden("fill"));
  const auto fill_end = read_fill_end(body("fill_end"));
  ASSERT_TRUE(fill_end);
  EXPECT_EQ(written(*fill_end), golden("fill_end"));
  const auto wanted = read_fingerprints(body("wanted"));
  ASSERT_TRUE(wanted);
  std::string text;
  append_wanted(text, *wanted);
  EXPECT_EQ(text, golden("wanted"));
  const auto erased = read_fingerprints(body("erased"));
  ASSERT_TRUE(erased);
  text.clear();
  append_erased(text, *erased);
  EXPECT_EQ(text, golden("erased"));
  text.clear();
  append_gone(text);
  EXPECT_EQ(text, golden("gone"));
}

TEST(MessagesTest, WhatHealsIsRefusedWhereItIsTooLongOrOutOfPlace) {
  const auto bytes = [](std::size_t size) { return std::string(size, '\0'); };
  EXPECT_TRUE(read_lost(bytes(Lost::most * 8)));
  EXPECT_FALSE(read_lost(bytes(Lost::most * 8 + 8)));
  EXPECT_FALSE(read_lost(bytes(7)));
  EXPECT_FALSE(read_fingerprints(bytes(Fingerprints::most * 8 + 8)));
  EXPECT_FALSE(read_fingerprints(bytes(9)));
  EXPECT_FALSE(read_digest(bytes(1024)));
  EXPECT_FALSE(read_digest(std::string(1, '\x80') + bytes(1024)));  // no such bucket
  const auto listing = [](std::uint16_t leaf, Fingerprint from, Fingerprint to,
                          std::vector<Fingerprint> all) {
    std::string text;
    append(text, Listing{leaf, from, to, std::move(all)});
    return read_listing(Bytes(text).substr(3)).has_value();
  };
  constexpr Fingerprint leaf = Fingerprint{1} << Holdings::leaf_shift;
  EXPECT_TRUE(listing(1, leaf, 2 * leaf - 1, {leaf, leaf + 5}));
  EXPECT_TRUE(listing(1, leaf, leaf, {}));
  EXPECT_FALSE(listing(1, leaf, 2 * leaf, {}));
  EXPECT_FALSE(listing(1, leaf - 1, leaf, {}));
  EXPECT_FALSE(listing(1, leaf, leaf + 4, {leaf + 5}));
  EXPECT_FALSE(listing(1, leaf + 1, leaf + 4, {leaf}));
  EXPECT_FALSE(listing(1, leaf, leaf + 9, {leaf + 5, leaf}));
  EXPECT_FALSE(listing(Holdings::leaves, 0, 0, {}));
}

TEST(MessagesTest, ADerGetsItsIdBack) {
  const std::string id(32, 'i');
  const std::string der = "fifteen bytes: " + id + " and the rest";
  std::string scratch, back;
  const Session session = session_of(id, der, 1000, scratch);
  EXPECT_EQ(session.at, 15);
  EXPECT_EQ(session.der.size(), der.size() - 32);
  ASSERT_TRUE(der_of(session, back));
  EXPECT_EQ(back, der);
  const Session without = session_of(id, "no id in it", 1000, scratch);
  EXPECT_EQ(without.at, whole_der);
  ASSERT_TRUE(der_of(without, back));
  EXPECT_EQ(back, "no id in it");
  EXPECT_FALSE(der_of(Session{1000, id, "short", 15}, back));
}

TEST(MessagesTest, ALengthBeyondTheEndSpoilsTheWholeDatagram) {
  const std::string good = std::string(golden("session")).append(golden("erase_session"));
  ASSERT_TRUE(read_messages(good));
  EXPECT_EQ(read_messages(good)->size(), 2u);
  EXPECT_FALSE(read_messages(good.substr(0, good.size() - 1)));
  EXPECT_FALSE(read_messages(good + "\x01"));
  EXPECT_TRUE(read_messages(""));
}

TEST(MessagesTest, EveryKindHasItsMessages) {
  using seal::Kind;
  for (const Kind kind : {Kind::push, Kind::bulk}) {
    EXPECT_TRUE(belongs(Type::session, kind));
    EXPECT_FALSE(belongs(Type::ask, kind));
    EXPECT_FALSE(belongs(Type::challenge, kind));
  }
  EXPECT_FALSE(belongs(Type::session, Kind::control));
  EXPECT_FALSE(belongs(Type::answer, Kind::control));
  EXPECT_TRUE(belongs(Type::proof, Kind::control));
  EXPECT_TRUE(belongs(Type::proof, Kind::ask));
  EXPECT_FALSE(belongs(Type::item, Kind::ask));
  for (const Type type : {Type::settled, Type::fill_end}) {
    EXPECT_TRUE(belongs(type, Kind::bulk));
    for (const Kind kind : {Kind::push, Kind::ask, Kind::control})
      EXPECT_FALSE(belongs(type, kind));
  }
  for (const Type type : {Type::lost, Type::digest, Type::listing, Type::wanted, Type::fill}) {
    EXPECT_TRUE(belongs(type, Kind::control));
    EXPECT_FALSE(belongs(type, Kind::bulk));
  }
}

}  // namespace
}  // namespace reprise::cluster
