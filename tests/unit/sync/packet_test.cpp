#include "sync/packet.hpp"

#include <boost/json.hpp>
#include <gtest/gtest.h>

#include "vectors.hpp"

namespace reprise::sync {
namespace {

using testing::from_hex;
using testing::text;
using testing::vectors;

std::string encoded(const Change& change) {
  std::string bytes;
  EXPECT_TRUE(encode(change, bytes));
  return bytes;
}

std::optional<Change> decoded(Bytes datagram, Rejection expected = Rejection::failed) {
  Rejection why = Rejection::failed;
  auto change = decode(datagram, why);
  if (!change) {
    EXPECT_STREQ(name_of(why), name_of(expected));
  }
  return change;
}

TEST(PacketTest, IsUwsgisBitForBit) {
  EXPECT_EQ(encoded({Operation::set, "foo", "bar", 0}),
            from_hex("6f0d000a0300666f6f0300626172010030"));
  EXPECT_EQ(encoded({Operation::set, "exp", "val", 1795434977}),
            from_hex("6f16000a0300657870030076616c0a0031373935343334393737"));
}

TEST(PacketTest, AnEraseHasTwoBytesMoreThanUwsgis) {
  EXPECT_EQ(encoded({Operation::erase, "foo", {}, 0}), from_hex("6f07000b0300666f6f0000"));
}

// Every set that uWSGI was seen to send is what we make of what it says.
TEST(PacketTest, EverySetOfTheRecordingsIsMadeAgain) {
  int sets = 0;
  const auto check = [&](const std::string& datagram) {
    const auto change = decoded(datagram, Rejection::empty_erase);
    if (!change || change->operation != Operation::set) return;
    EXPECT_EQ(encoded(*change), datagram);
    ++sets;
  };
  const auto recordings = vectors("outbound.json");
  const auto sessions = vectors("tls_sessions.json");
  for (const auto& [name, group] : recordings.as_object()) {
    if (!group.is_object() || name.find("large") == 0) continue;
    for (const auto& op : group.at("ops").as_array()) {
      for (const auto& datagram : op.at("datagrams").as_array())
        if (datagram.is_string()) check(from_hex(std::string(datagram.as_string())));
    }
  }
  for (const auto& each : sessions.at("cases").as_array()) {
    for (const auto& datagram : each.at("datagrams").as_array())
      check(from_hex(std::string(datagram.as_string())));
  }
  EXPECT_GT(sets, 50);
}

TEST(PacketTest, ATlsSessionIsItsIdAndItsDer) {
  int sessions = 0;
  const auto recordings = vectors("tls_sessions.json");
  for (const auto& each : recordings.at("cases").as_array()) {
    const auto& datagrams = each.at("datagrams").as_array();
    for (std::size_t i = 0; i < datagrams.size(); ++i) {
      const std::string datagram = from_hex(std::string(datagrams[i].as_string()));
      const auto& facts = each.at("decoded").at(i).as_object();
      const auto change = decoded(datagram);
      ASSERT_TRUE(change);
      EXPECT_EQ(change->key, from_hex(text(facts, "key")));
      EXPECT_EQ(change->value, from_hex(text(facts, "value")));
      EXPECT_EQ(std::to_string(change->expires), text(facts, "expires"));
      ++sessions;
    }
  }
  EXPECT_EQ(sessions, 7);
}

TEST(PacketTest, TheLargestThatFitsAndOneMore) {
  std::string bytes;
  EXPECT_TRUE(encode({Operation::set, "k", std::string(65495, 'x'), 0}, bytes));
  EXPECT_EQ(bytes.size(), largest_datagram);
  EXPECT_TRUE(decoded(bytes));
  for (const std::size_t size : {65496u, 65535u, 65536u, 65636u, 136072u}) {
    EXPECT_FALSE(encode({Operation::set, "k", std::string(size, 'x'), 0}, bytes)) << size;
    EXPECT_TRUE(bytes.empty());
  }
  EXPECT_TRUE(encode({Operation::erase, std::string(65499, 'k'), {}, 0}, bytes));
  EXPECT_FALSE(encode({Operation::erase, std::string(65500, 'k'), {}, 0}, bytes));
  EXPECT_FALSE(encode({Operation::erase, std::string(70000, 'k'), {}, 0}, bytes));
}

TEST(PacketTest, BothFormsOfAnEraseAreTaken) {
  for (const char* hex :
       {"6f04000b02006131", "6f06000b020061310000", "6f07000b02006131000000", "6f03000b010061"}) {
    const auto change = decoded(from_hex(hex));
    ASSERT_TRUE(change) << hex;
    EXPECT_EQ(change->operation, Operation::erase);
  }
  decoded(from_hex("6f05000b0200613100"), Rejection::wrong_size);
  decoded(from_hex("6f02000b0000"), Rejection::empty_erase);
  decoded(from_hex("6f04000b00000000"), Rejection::empty_erase);
}

TEST(PacketTest, TheExpiryIsDigitsOf64Bits) {
  const auto with_expiry = [](const std::string& expiry) {
    std::string bytes = encoded({Operation::set, "k", "v", 0});
    bytes.resize(bytes.size() - 3);
    bytes += static_cast<char>(expiry.size());
    bytes += '\0';
    bytes += expiry;
    bytes[1] = static_cast<char>(bytes.size() - 4);
    return bytes;
  };
  EXPECT_EQ(decoded(with_expiry("18446744073709551615"))->expires, UINT64_MAX);
  EXPECT_EQ(decoded(with_expiry("007"))->expires, 7u);
  EXPECT_EQ(decoded(with_expiry(""))->expires, 0u);
  for (const char* bad : {"18446744073709551616", "99999999999999999999999999", "abc", "-5", " 12",
                          "12 ", "+1", "1.5", "0x10"}) {
    EXPECT_FALSE(decoded(with_expiry(bad), Rejection::bad_expiry)) << bad;
  }
}

TEST(PacketTest, EveryShorterPieceOfAPacketIsRefused) {
  const std::string whole = encoded({Operation::set, "key", "value", 1795434977});
  for (std::size_t size = 0; size < whole.size(); ++size) {
    Rejection why = Rejection::failed;
    EXPECT_FALSE(decode(Bytes(whole).substr(0, size), why));
    EXPECT_EQ(why, size < 6 ? Rejection::short_packet : Rejection::wrong_size);
  }
}

}  // namespace
}  // namespace reprise::sync
