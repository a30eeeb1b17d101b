#include "seal/stream.hpp"

#include <gtest/gtest.h>

#include "harness.hpp"
#include "seal/number.hpp"

namespace reprise::seal {
namespace {

using namespace testing;

struct Golden {
  explicit Golden(const boost::json::value& value)
      : object(value.as_object()), cipher(cipher_named(object.at("cipher"))) {
    const auto secrets = secrets_of({bytes_of(vectors().at("secrets").as_array()[0])});
    const CacheKeys cache = derive(*secrets, "ssl", cipher);
    keys = stream_keys(cache.packets->list[0].packet, array_of<32>(bytes_of(object.at("client"))),
                       array_of<32>(bytes_of(object.at("server"))));
    for (const auto& each : object.at("records").as_array())
      records.push_back(bytes_of(each));
    for (const auto& each : object.at("plaintexts").as_array())
      plaintexts.push_back(bytes_of(each));
  }
  const boost::json::object& object;
  Cipher cipher;
  StreamKeys keys{};
  std::vector<std::string> records, plaintexts;
};

TEST(StreamTest, SealsAndOpensByteForByteAsAnotherProgram) {
  for (const auto& value : vectors().at("copies").as_array()) {
    const Golden golden(value);
    EXPECT_EQ(text_of(golden.keys.to_server), bytes_of(golden.object.at("to_server")));
    EXPECT_EQ(text_of(golden.keys.to_client), bytes_of(golden.object.at("to_client")));
    std::string first;
    RecordSealer(golden.keys.to_server, golden.cipher).seal("ssl", first);
    EXPECT_EQ(first, bytes_of(golden.object.at("first")));
    RecordSealer sealer(golden.keys.to_client, golden.cipher);
    RecordOpener opener(golden.keys.to_client, golden.cipher);
    ASSERT_EQ(golden.records.size(), 3u);
    for (std::size_t i = 0; i < golden.records.size(); ++i) {
      std::string sealed, opened;
      sealer.seal(golden.plaintexts[i], sealed);
      EXPECT_EQ(sealed, golden.records[i]);
      EXPECT_EQ(record_size(sealed), sealed.size());
      ASSERT_TRUE(opener.open(sealed, opened));
      EXPECT_EQ(opened, golden.plaintexts[i]);
    }
  }
}

TEST(StreamTest, ABitFlippedAnywhereOrAByteMoreOrLessIsNoticed) {
  const Golden golden(vectors().at("copies").as_array()[0]);
  const auto opens = [&](const std::string& record) {
    std::string opened;
    return RecordOpener(golden.keys.to_client, golden.cipher).open(record, opened);
  };
  const std::string& record = golden.records[0];
  EXPECT_TRUE(opens(record));
  for (std::size_t bit = 0; bit < record.size() * 8; ++bit) {
    std::string changed = record;
    changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ 1 << bit % 8);
    ASSERT_FALSE(opens(changed)) << "bit " << bit;
  }
  for (std::size_t size = 0; size < record.size(); ++size)
    ASSERT_FALSE(opens(record.substr(0, size))) << size;
  EXPECT_FALSE(opens(record + '\0'));
}

TEST(StreamTest, NoRecordCanBeLeftOutComeTwiceOrChangePlaces) {
  const Golden golden(vectors().at("copies").as_array()[0]);
  for (const auto& order : {std::pair{1, 0}, std::pair{0, 0}, std::pair{0, 2}}) {
    RecordOpener opener(golden.keys.to_client, golden.cipher);
    std::string opened;
    const bool first = opener.open(golden.records[static_cast<std::size_t>(order.first)], opened);
    EXPECT_EQ(first, order.first == 0);
    EXPECT_FALSE(opener.open(golden.records[static_cast<std::size_t>(order.second)], opened));
    EXPECT_TRUE(opened.empty());
    // What was broken once stays so.
    EXPECT_FALSE(opener.open(golden.records[1], opened));
  }
}

TEST(StreamTest, DirectionsStreamsAndSecretsHaveKeysOfTheirOwn) {
  const Key packet = array_of<32>("a packet key"), other = array_of<32>("another one");
  const StreamNonce client = array_of<32>("client"), server = array_of<32>("server");
  const StreamKeys keys = stream_keys(packet, client, server);
  EXPECT_NE(keys.to_server, keys.to_client);
  EXPECT_NE(keys.to_server, stream_keys(other, client, server).to_server);
  EXPECT_NE(keys.to_server, stream_keys(packet, server, server).to_server);
  EXPECT_NE(keys.to_server, stream_keys(packet, client, client).to_server);
}

}  // namespace
}  // namespace reprise::seal
