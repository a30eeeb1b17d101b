// Copies of a sealed cache: both ends, and everything that may happen to the bytes between them.
#include "cluster/copies.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "copies_harness.hpp"
#include "seal/stream.hpp"

namespace reprise::cluster::testing {
namespace {

class CopiesTest : public ::testing::Test {
protected:
  // Up to the first word of the server: everything that it says.
  void shake_hands(std::size_t secret = 0) {
    taking = client.copies.take(secret, client);
    giving = server.copies.give(taking->request(), server.service.counters());
    ASSERT_TRUE(giving);
    ASSERT_EQ(taking->feed(giving->hello()), Status::more);
    answer = taking->reply();
    ASSERT_EQ(answer.size(), giving->answer_size());
    ASSERT_TRUE(taking->reply().empty());
  }
  std::vector<std::string> talk() {
    shake_hands();
    return records_of(*giving, answer);
  }
  Status feed(const std::vector<std::string>& records) {
    Status status = Status::more;
    for (std::size_t i = 0; i < records.size() && status == Status::more; ++i)
      status = taking->feed(records[i]);
    return status;
  }

  std::string rest() {
    std::string bytes;
    while (giving->next(bytes)) {
    }
    return bytes;
  }

  CopyNode server, client;
  std::unique_ptr<sync::SealedTaking> taking;
  std::unique_ptr<sync::SealedGiving> giving;
  std::string answer;
};

TEST_F(CopiesTest, AClientHasWhatTheServerHas) {
  server.fill(2000);
  server.set("an item", "its value");
  server.cache->set("endless", "value", 0, unix_now());
  server.set("large", std::string(60'000, 'l'));
  server.set("too large", std::string(66'000, 'l'));
  const auto records = talk();
  EXPECT_GT(records.size(), 5u);
  for (const std::string& record : records)
    EXPECT_TRUE(record.size() <= usual_record || record.size() > 60'000) << record.size();
  EXPECT_EQ(feed(records), Status::complete);
  EXPECT_EQ(client.taken, 2003u);
  EXPECT_THAT(client.refusals, ::testing::IsEmpty());
  EXPECT_EQ(server.service.counters().items_sent.get(), 2003u);
  EXPECT_EQ(server.service.counters().left_out.get(), 1u);
  cache::Item ours, theirs;
  for (const std::string& key :
       {id_of(0), id_of(1999), std::string("an item"), std::string("large")}) {
    ASSERT_TRUE(server.cache->peek(key, unix_now(), theirs));
    ASSERT_TRUE(client.cache->peek(key, unix_now(), ours)) << key;
    EXPECT_EQ(ours.value, theirs.value);
    EXPECT_LE(ours.expires, theirs.expires);
    EXPECT_GE(ours.expires + 2, theirs.expires);
  }
  EXPECT_EQ(client.end_of("endless"), 0u);
}

TEST_F(CopiesTest, BytesMayComeInAnyPieces) {
  server.fill(30);
  const auto records = talk();
  std::string all;
  for (const std::string& record : records)
    all += record;
  Status status = Status::more;
  for (std::size_t i = 0; i < all.size(); ++i) {
    ASSERT_EQ(status, Status::more) << i;
    status = taking->feed(Bytes(all).substr(i, 1));
  }
  EXPECT_EQ(status, Status::complete);
  EXPECT_EQ(client.taken, 30u);
}

TEST_F(CopiesTest, AnEmptyCacheIsAWholeCopy) {
  const auto records = talk();
  EXPECT_EQ(records.size(), 1u);
  EXPECT_EQ(feed(records), Status::complete);
  EXPECT_EQ(client.taken, 0u);
}

TEST_F(CopiesTest, NoSecretTravels) {
  server.fill(3);
  std::string all;
  for (const std::string& record : talk())
    all += record;
  all += std::string(taking->request()) + answer + std::string(giving->hello());
  EXPECT_EQ(all.find("the secret"), std::string::npos);
  EXPECT_EQ(all.find(id_of(1)), std::string::npos);
}

TEST_F(CopiesTest, ABitFlippedAnywhereBreaksIt) {
  server.fill(2);
  const auto records = talk();
  const std::string& record = records.front();
  for (std::size_t bit = 0; bit < record.size() * 8; ++bit) {
    shake_hands();
    auto own = records_of(*giving, answer);
    own.front()[bit / 8] = static_cast<char>(own.front()[bit / 8] ^ 1 << bit % 8);
    const Status status = feed(own);
    // One that seems longer waits for the rest, which the end of the stream breaks.
    ASSERT_NE(status, Status::complete) << "bit " << bit;
    ASSERT_EQ(client.taken, 0u);
    ASSERT_EQ(taking->end(), Status::broken);
  }
}

TEST_F(CopiesTest, ABitFlippedInTheHandshakeGivesNothing) {
  server.fill(2);
  for (std::size_t bit = 0; bit < sync::SealedCopies::request_size * 8; ++bit) {
    if (bit / 8 < 4) continue;  // the header: another command
    taking = client.copies.take(0, client);
    std::string request(taking->request());
    request[bit / 8] = static_cast<char>(request[bit / 8] ^ 1 << bit % 8);
    giving = server.copies.give(request, server.service.counters());
    if (bit / 8 < 8) {
      ASSERT_FALSE(giving) << "another key, bit " << bit;
      continue;
    }
    ASSERT_EQ(taking->feed(giving->hello()), Status::more);
    ASSERT_FALSE(giving->accept(taking->reply())) << "bit " << bit;
  }
  shake_hands();
  const std::string good = answer;
  for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
    giving = server.copies.give(taking->request(), server.service.counters());
    std::string changed = good;
    changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ 1 << bit % 8);
    ASSERT_FALSE(giving->accept(changed)) << "bit " << bit;
  }
  shake_hands();
  std::string hello(giving->hello());
  hello[9] = static_cast<char>(hello[9] ^ 4);
  taking = client.copies.take(0, client);
  giving = server.copies.give(taking->request(), server.service.counters());
  ASSERT_EQ(taking->feed(hello), Status::more);
  EXPECT_FALSE(giving->accept(taking->reply()));
}

TEST_F(CopiesTest, AStreamThatIsCutIsNotWhole) {
  server.fill(1000);
  const std::size_t count = talk().size();
  ASSERT_GT(count, 3u);
  for (std::size_t kept = 0; kept < count; ++kept) {
    CopyNode fresh;
    taking = fresh.copies.take(0, fresh);
    giving = server.copies.give(taking->request(), server.service.counters());
    taking->feed(giving->hello());
    auto records = records_of(*giving, taking->reply());
    records.resize(kept);
    EXPECT_EQ(feed(records), Status::more) << kept;
    EXPECT_EQ(taking->end(), Status::broken);
  }
}

TEST_F(CopiesTest, RecordsThatChangePlacesAreNotTaken) {
  server.fill(1000);
  auto records = talk();
  std::swap(records[0], records[1]);
  EXPECT_EQ(feed(records), Status::broken);
  EXPECT_EQ(client.taken, 0u);
  records = talk();
  records.erase(records.begin() + 1);
  EXPECT_EQ(feed(records), Status::broken);
}

TEST_F(CopiesTest, ARecordedStreamIsNothingToANewClient) {
  server.fill(10);
  const auto records = talk();
  const std::string hello(giving->hello());
  taking = client.copies.take(0, client);
  ASSERT_EQ(taking->feed(hello), Status::more);
  EXPECT_EQ(feed(records), Status::broken);
  EXPECT_EQ(client.taken, 0u);
}

TEST_F(CopiesTest, ARecordedClientIsNothingToTheServer) {
  shake_hands();
  ASSERT_TRUE(giving->accept(answer));
  giving = server.copies.give(taking->request(), server.service.counters());
  EXPECT_FALSE(giving->accept(answer));
  // Nor is what the server itself says, sent back to it.
  shake_hands();
  const auto records = records_of(*giving, answer);
  giving = server.copies.give(taking->request(), server.service.counters());
  EXPECT_FALSE(giving->accept(records.front()));
}

TEST_F(CopiesTest, AnotherSecretOrCacheIsNoNeighbour) {
  CopyNode stranger({"two"}), other({"one"}, "other");
  for (CopyNode* const node : {&stranger, &other}) {
    taking = node->copies.take(0, *node);
    EXPECT_FALSE(server.copies.give(taking->request(), server.service.counters()));
  }
  // Under the right key, with another cache's name.
  CopyNode liar({"one"}, "ssl");
  taking = liar.copies.take(0, liar);
  giving = server.copies.give(taking->request(), server.service.counters());
  ASSERT_EQ(taking->feed(giving->hello()), Status::more);
  const auto nonce = [](Bytes bytes) {
    seal::StreamNonce made{};
    std::copy(bytes.begin(), bytes.end(), made.begin());
    return made;
  };
  const auto keys = seal::stream_keys(liar.keys.packets->list[0].packet,
                                      nonce(taking->request().substr(8)), nonce(giving->hello()));
  std::string first;
  seal::RecordSealer(keys.to_server, seal::Cipher::aes_256_gcm).seal("sst", first);
  ASSERT_EQ(first.size(), giving->answer_size());
  EXPECT_FALSE(giving->accept(first));
}

TEST_F(CopiesTest, EverySecretOfTheFileServes) {
  CopyNode both({"two", "one"});
  ASSERT_EQ(both.copies.secrets(), 2u);
  server.fill(5);
  taking = both.copies.take(0, both);
  EXPECT_FALSE(server.copies.give(taking->request(), server.service.counters()));
  taking = both.copies.take(1, both);
  giving = server.copies.give(taking->request(), server.service.counters());
  ASSERT_TRUE(giving);
  taking->feed(giving->hello());
  EXPECT_EQ(feed(records_of(*giving, taking->reply())), Status::complete);
  EXPECT_EQ(both.taken, 5u);
}

TEST_F(CopiesTest, DelayProlongsNothing) {
  server.set("short", "value", 5);
  server.set("long", "value", 100);
  const auto records = talk();
  client.now += 40'000;  // held back on the way
  EXPECT_EQ(feed(records), Status::complete);
  EXPECT_FALSE(client.end_of("short"));
  ASSERT_TRUE(client.end_of("long"));
  EXPECT_LE(*client.end_of("long"), unix_now() + 60);
  EXPECT_GE(*client.end_of("long"), unix_now() + 57);
}

TEST_F(CopiesTest, WhatTheServerTookItsTimeForIsNotTakenOff) {
  server.set("long", "value", 100);
  shake_hands();
  ASSERT_TRUE(giving->accept(answer));
  server.now += 40'000;
  client.now += 40'000;
  EXPECT_EQ(feed({rest()}), Status::complete);
  EXPECT_GE(*client.end_of("long"), unix_now() + 97);
}

TEST_F(CopiesTest, AServersClockThatRunsAheadProlongsNothing) {
  server.set("long", "value", 100);
  shake_hands();
  ASSERT_TRUE(giving->accept(answer));
  server.now += 500'000;
  EXPECT_EQ(feed({rest()}), Status::complete);
  EXPECT_LE(*client.end_of("long"), unix_now() + 100);
}

TEST_F(CopiesTest, WhatWasErasedHereStaysSo) {
  server.fill(2);
  client.contents.take(EraseSession{300'000, id_of(1)}, 0, client.now);
  EXPECT_EQ(feed(talk()), Status::complete);
  EXPECT_THAT(client.refusals, ::testing::ElementsAre(sync::Rejection::erased));
  EXPECT_FALSE(client.end_of(id_of(1)));
  EXPECT_TRUE(client.end_of(id_of(0)));
}

TEST_F(CopiesTest, WhatIsHereStaysAsItIs) {
  server.set("key", "theirs");
  client.set("key", "ours");
  EXPECT_EQ(feed(talk()), Status::complete);
  EXPECT_THAT(client.refusals, ::testing::ElementsAre(sync::Rejection::present));
  cache::Item item;
  ASSERT_TRUE(client.cache->peek("key", unix_now(), item));
  EXPECT_EQ(item.value, "ours");
}

TEST_F(CopiesTest, AFullCacheTakesNoMoreAndLosesNothing) {
  CopyNode small({"one"}, "ssl", 50);
  for (int i = 0; i < 20; ++i)
    small.set("own" + std::to_string(i), "value");
  server.fill(200);
  taking = small.copies.take(0, small);
  giving = server.copies.give(taking->request(), server.service.counters());
  taking->feed(giving->hello());
  EXPECT_EQ(feed(records_of(*giving, taking->reply())), Status::complete);
  EXPECT_EQ(small.cache->counts().items, small.taken + 20);
  EXPECT_GE(small.taken, 29u);
  EXPECT_EQ(small.refusals.size(), 200 - small.taken);
  EXPECT_THAT(small.refusals, ::testing::Each(sync::Rejection::full));
  for (int i = 0; i < 20; ++i)
    EXPECT_TRUE(small.end_of("own" + std::to_string(i))) << i;
}

// A server that has the secret and says what it should not.
class HostileServerTest : public CopiesTest {
protected:
  Status say(const std::string& plaintext) {
    taking = client.copies.take(0, client);
    const std::string nonce(32, 'n');
    taking->feed(nonce);
    seal::StreamNonce own{}, theirs{};
    const Bytes request = taking->request();
    std::copy(request.begin() + 8, request.end(), own.begin());
    std::copy(nonce.begin(), nonce.end(), theirs.begin());
    const auto keys = seal::stream_keys(client.keys.packets->list[0].packet, own, theirs);
    std::string record;
    seal::RecordSealer(keys.to_client, seal::Cipher::aes_256_gcm).seal(plaintext, record);
    return taking->feed(record);
  }
  static std::string age(std::uint32_t age = 0) {
    return {reinterpret_cast<const char*>(&age), sizeof age};
  }
};

TEST_F(HostileServerTest, BreaksItsOwnStreamAlone) {
  EXPECT_EQ(say(""), Status::broken);
  EXPECT_EQ(say("abc"), Status::broken);
  EXPECT_EQ(say(age() + "\x01"), Status::broken);
  EXPECT_EQ(say(age()), Status::more);
  std::string erase = age(), behind = age(), unknown = age(), huge = age();
  append(erase, EraseSession{1000, id_of(1)});
  EXPECT_EQ(say(erase), Status::broken);
  append_end_of_copy(behind);
  append(behind, Item{never, "key", "value"});
  EXPECT_EQ(say(behind), Status::broken);
  append_next_name(unknown, {});
  EXPECT_EQ(say(unknown), Status::more);
  append(huge, Item{1000, "key", std::string(65'000, 'x')});
  append(huge, Item{1000, "key", std::string(65'000, 'x')});
  EXPECT_EQ(say(huge), Status::broken) << "more than a record may have";
  EXPECT_EQ(client.taken, 0u);
}

}  // namespace
}  // namespace reprise::cluster::testing
