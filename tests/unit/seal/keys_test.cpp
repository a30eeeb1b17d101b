#include "seal/keys.hpp"

#include <boost/json/src.hpp>  // Boost.JSON as headers: this file compiles it
#include <gtest/gtest.h>

#include "harness.hpp"

namespace reprise::seal {
namespace {

using namespace testing;

TEST(KeysTest, AreThoseThatAnotherProgramDerives) {
  ASSERT_EQ(vectors().at("keys").as_array().size(), 8u);
  for (const auto& value : vectors().at("keys").as_array()) {
    const auto& golden = value.as_object();
    const auto secrets = secrets_of({bytes_of(golden.at("secret"))});
    const CacheKeys keys =
        derive(*secrets, golden.at("cache").as_string(), cipher_named(golden.at("cipher")));
    ASSERT_EQ(keys.packets->count, 1u);
    const PacketKey& packet = keys.packets->list[0];
    EXPECT_EQ(text_of(packet.id), bytes_of(golden.at("key_id")));
    EXPECT_EQ(text_of(packet.packet), bytes_of(golden.at("packet")));
    const NameKeys& names = keys.names->list[0];
    EXPECT_EQ(text_of(names.mask) + text_of(names.tag), bytes_of(golden.at("ids")));
    const SenderKeys sender =
        sender_keys(packet.packet, array_of<12>(bytes_of(vectors().at("name"))));
    EXPECT_EQ(text_of(sender.seal) + text_of(sender.nonce), bytes_of(golden.at("sender")));
  }
}

TEST(KeysTest, NothingIsSharedBetweenSecretsCachesAndCiphers) {
  std::vector<std::string> seen;
  for (const auto& value : vectors().at("keys").as_array()) {
    for (const char* const name : {"key_id", "packet", "ids", "sender"})
      seen.push_back(bytes_of(value.as_object().at(name)));
  }
  std::sort(seen.begin(), seen.end());
  EXPECT_EQ(std::adjacent_find(seen.begin(), seen.end()), seen.end());
}

TEST(KeysTest, EverySecretOfAFileHasKeysInItsOrder) {
  const std::string first(32, '\1'), second("\2" + std::string(31, '\1'));
  const auto both = secrets_of({first, second});
  const CacheKeys keys = derive(*both, "ssl", Cipher::aes_256_gcm);
  const auto alone = secrets_of({second});
  const CacheKeys second_alone = derive(*alone, "ssl", Cipher::aes_256_gcm);
  ASSERT_EQ(keys.packets->count, 2u);
  EXPECT_EQ(keys.packets->list[1].packet, second_alone.packets->list[0].packet);
  EXPECT_EQ(keys.names->list[1].tag, second_alone.names->list[0].tag);
}

}  // namespace
}  // namespace reprise::seal
