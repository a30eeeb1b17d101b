#include "seal/envelope.hpp"

#include <gtest/gtest.h>

#include "harness.hpp"

namespace reprise::seal {
namespace {

using namespace testing;

SenderKeys golden_sender(const boost::json::object& datagram) {
  const auto secrets = secrets_of({bytes_of(vectors().at("secrets").as_array()[0])});
  const CacheKeys keys = derive(*secrets, "ssl", cipher_named(datagram.at("cipher")));
  return sender_keys(keys.packets->list[0].packet, array_of<12>(bytes_of(vectors().at("name"))));
}

TEST(EnvelopeTest, SealsAndOpensByteForByteAsAnotherProgram) {
  ASSERT_EQ(vectors().at("datagrams").as_array().size(), 14u);
  for (const auto& value : vectors().at("datagrams").as_array()) {
    const auto& golden = value.as_object();
    SCOPED_TRACE(golden.at("name").as_string());
    const std::string datagram = bytes_of(golden.at("datagram"));
    const std::string plaintext = bytes_of(golden.at("plaintext"));
    SenderCipher cipher(golden_sender(golden), cipher_named(golden.at("cipher")));
    Unreadable why{};
    const auto header = read_header(datagram, why);
    ASSERT_TRUE(header);
    EXPECT_EQ(static_cast<int>(header->kind), golden.at("kind").as_int64());
    EXPECT_EQ(header->counter, static_cast<std::uint64_t>(golden.at("counter").as_int64()));
    EXPECT_EQ(text_of(header->sender), bytes_of(vectors().at("name")));
    std::string sealed;
    cipher.seal(*header, plaintext, sealed);
    EXPECT_EQ(sealed, datagram);
    std::string opened;
    ASSERT_TRUE(cipher.open(datagram, opened));
    EXPECT_EQ(opened, plaintext);
  }
}

TEST(EnvelopeTest, ABitFlippedAnywhereOrAByteMoreOrLessIsNoticed) {
  for (const auto& value : vectors().at("datagrams").as_array()) {
    const auto& golden = value.as_object();
    if (golden.at("name").as_string() == "large" || golden.at("name").as_string() == "batch")
      continue;
    const std::string datagram = bytes_of(golden.at("datagram"));
    SenderCipher cipher(golden_sender(golden), cipher_named(golden.at("cipher")));
    const auto is_taken = [&](const std::string& changed) {
      Unreadable why{};
      std::string opened;
      return read_header(changed, why) && cipher.open(changed, opened);
    };
    for (std::size_t bit = 0; bit < datagram.size() * 8; ++bit) {
      std::string changed = datagram;
      changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ 1 << bit % 8);
      ASSERT_FALSE(is_taken(changed)) << "bit " << bit;
    }
    for (std::size_t size = 0; size < datagram.size(); ++size)
      ASSERT_FALSE(is_taken(datagram.substr(0, size))) << size;
    EXPECT_FALSE(is_taken(datagram + '\0'));
    EXPECT_TRUE(is_taken(datagram));
  }
}

TEST(EnvelopeTest, AFirstDatagramOpensAsAnyOther) {
  for (const auto& value : vectors().at("datagrams").as_array()) {
    const auto& golden = value.as_object();
    const Cipher type = cipher_named(golden.at("cipher"));
    const auto secrets = secrets_of({bytes_of(vectors().at("secrets").as_array()[0]), "another"});
    const CacheKeys keys = derive(*secrets, "ssl", type);
    const std::string datagram = bytes_of(golden.at("datagram"));
    Unreadable why{};
    const auto header = read_header(datagram, why);
    ASSERT_TRUE(header);
    NewcomerOpener opener(type);
    std::string opened;
    SenderName other = header->sender;
    other[5] ^= 1;
    // In any order: nothing of one opening is left for the next.
    EXPECT_FALSE(opener.open(keys.packets->list[1].packet, header->sender, datagram, opened));
    EXPECT_TRUE(opener.open(keys.packets->list[0].packet, header->sender, datagram, opened));
    EXPECT_EQ(opened, bytes_of(golden.at("plaintext")));
    EXPECT_FALSE(opener.open(keys.packets->list[0].packet, other, datagram, opened));
    EXPECT_TRUE(opened.empty());
    std::string changed = datagram;
    changed[50 % changed.size()] = static_cast<char>(changed[50 % changed.size()] ^ 1);
    EXPECT_FALSE(opener.open(keys.packets->list[0].packet, header->sender, changed, opened));
    EXPECT_TRUE(opener.open(keys.packets->list[0].packet, header->sender, datagram, opened));
  }
}

TEST(EnvelopeTest, EqualCountersOfDifferentMessagesHaveDifferentNonces) {
  const auto& golden = vectors().at("datagrams").as_array()[0].as_object();
  SenderCipher one(golden_sender(golden), Cipher::aes_256_gcm);
  SenderCipher copy(golden_sender(golden), Cipher::aes_256_gcm);
  Header header;
  header.counter = 7;
  std::string a, b, c;
  one.seal(header, "a message", a);
  copy.seal(header, "another message", b);
  copy.seal(header, "a message", c);
  EXPECT_NE(a.substr(header_size, nonce_size), b.substr(header_size, nonce_size));
  EXPECT_EQ(a, c);  // the same datagram twice: a replay, and nothing more
}

TEST(EnvelopeTest, WhatCannotBeReadIsTold) {
  const std::string good =
      bytes_of(vectors().at("datagrams").as_array()[0].as_object().at("datagram"));
  const auto why_of = [](std::string datagram) {
    Unreadable why{};
    EXPECT_FALSE(read_header(datagram, why));
    return why;
  };
  EXPECT_EQ(why_of(""), Unreadable::magic);
  EXPECT_EQ(why_of("\x6f" + good.substr(1)), Unreadable::magic);
  EXPECT_EQ(why_of(good.substr(0, 2)), Unreadable::short_datagram);
  EXPECT_EQ(why_of(good.substr(0, overhead - 1)), Unreadable::short_datagram);
  EXPECT_EQ(why_of(good.substr(0, 2) + "\x02" + good.substr(3)), Unreadable::version);
  EXPECT_EQ(why_of(good.substr(0, 3) + "\x0f" + good.substr(4)), Unreadable::kind);
}

}  // namespace
}  // namespace reprise::seal
