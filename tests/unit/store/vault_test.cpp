#include "store/vault.hpp"

#include <gtest/gtest.h>

#include "tests/unit/seal/harness.hpp"

namespace reprise::store {
namespace {

using seal::testing::bytes_of;
using seal::testing::secrets_of;
using seal::testing::text_of;

constexpr UnixSeconds now = 1700000000;

// Made by another program.
boost::json::value golden(const char* part) {
  std::ostringstream read;
  read << std::ifstream(TEST_DATA "/golden/store/values.json").rdbuf();
  return boost::json::parse(read.str()).at(part);
}

std::string text(const boost::json::value& value) {
  return std::string(std::string_view(value.as_string()));
}

class VaultTest : public ::testing::Test {
protected:
  const std::string secret_a = std::string(31, 'a') + "1";
  const std::string secret_b = std::string(31, 'b') + "2";
  const std::string id = std::string(31, 'i') + "1";
  const std::string other_id = std::string(31, 'i') + "2";

  static Vault vault(std::initializer_list<std::string> secrets, std::string_view cache = "ssl") {
    return Vault(derive_vault_keys(*secrets_of(secrets), cache), "p:");
  }
  static Entry entry() { return {"the session", now - 10, now + 290, true}; }

  static Opened open(const Vault& vault, Bytes id, Bytes value, UnixSeconds at = now) {
    Entry found;
    return vault.open(id, value, at, found);
  }
};

TEST_F(VaultTest, KeysNamesAndValuesAreThoseOfTheVectors) {
  const boost::json::value vectors = golden("sealed");
  ASSERT_EQ(vectors.as_array().size(), 3U);
  for (const boost::json::value& vector : vectors.as_array()) {
    const auto keys =
        derive_vault_keys(*secrets_of({bytes_of(vector.at("secret"))}), text(vector.at("cache")));
    EXPECT_EQ(text_of(keys->list[0].id), bytes_of(vector.at("key_id")));
    EXPECT_EQ(text_of(keys->list[0].root), bytes_of(vector.at("entry_key")));
    EXPECT_EQ(text_of(keys->list[0].names.mask) + text_of(keys->list[0].names.tag),
              bytes_of(vector.at("id_keys")));
    const Vault vault(keys, text(vector.at("prefix")));
    const std::string offered = bytes_of(vector.at("id"));
    EXPECT_EQ(vault.names(offered), std::vector{text(vector.at("name"))});
    Entry entry;
    const UnixSeconds created = vector.at("created").to_number<UnixSeconds>();
    ASSERT_EQ(vault.open(offered, bytes_of(vector.at("value")), created, entry), Opened::good);
    EXPECT_EQ(entry.der, bytes_of(vector.at("der")));
    EXPECT_EQ(entry.created, created);
    EXPECT_EQ(entry.expires, vector.at("expires").to_number<UnixSeconds>());
    EXPECT_EQ(entry.identifying, vector.at("identifying").as_bool());
  }
}

TEST_F(VaultTest, PlainValuesAreThoseOfTheVectors) {
  const boost::json::value vector = golden("plain").at(0);
  const Vault vault(text(vector.at("cache")), text(vector.at("prefix")));
  const std::string offered = bytes_of(vector.at("id"));
  EXPECT_EQ(vault.names(offered), std::vector{text(vector.at("name"))});
  const UnixSeconds created = vector.at("created").to_number<UnixSeconds>();
  const Entry entry{bytes_of(vector.at("der")), created,
                    vector.at("expires").to_number<UnixSeconds>(), false};
  EXPECT_EQ(vault.close(offered, entry), bytes_of(vector.at("value")));
  EXPECT_EQ(open(vault, offered, bytes_of(vector.at("value")), created), Opened::good);
}

TEST_F(VaultTest, WhatWasClosedOpens) {
  const Vault here = vault({secret_a}), there = vault({secret_a});
  Entry found;
  ASSERT_EQ(there.open(id, here.close(id, entry()), now, found), Opened::good);
  EXPECT_EQ(found.der, "the session");
  EXPECT_EQ(found.expires, now + 290);
  EXPECT_TRUE(found.identifying);
}

TEST_F(VaultTest, OneSessionIsNeverSealedTheSameWayTwice) {
  const Vault here = vault({secret_a});
  EXPECT_NE(here.close(id, entry()), here.close(id, entry()));
}

TEST_F(VaultTest, AChangedByteIsRefused) {
  const Vault here = vault({secret_a});
  const std::string value = here.close(id, entry());
  for (std::size_t i = 0; i < value.size(); ++i) {
    std::string changed = value;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    EXPECT_NE(open(here, id, changed), Opened::good) << i;
    EXPECT_NE(open(here, id, Bytes(value).substr(0, i)), Opened::good) << i;
  }
  EXPECT_EQ(open(here, id, value + "x"), Opened::forged);
}

TEST_F(VaultTest, AValueOfAnotherSessionOrCacheIsRefused) {
  const Vault here = vault({secret_a});
  EXPECT_EQ(open(here, other_id, here.close(id, entry())), Opened::forged);
  EXPECT_EQ(open(vault({secret_a}, "other"), id, here.close(id, entry())), Opened::foreign);
  EXPECT_EQ(open(vault({secret_b}), id, here.close(id, entry())), Opened::foreign);
}

TEST_F(VaultTest, AnOldValueGivesNoMoreTime) {
  const Vault here = vault({secret_a});
  const std::string value = here.close(id, entry());
  EXPECT_EQ(open(here, id, value, now + 289), Opened::good);
  EXPECT_EQ(open(here, id, value, now + 290), Opened::over);
}

TEST_F(VaultTest, AnImplausibleTimeIsRefused) {
  const Vault here = vault({secret_a});
  EXPECT_EQ(open(here, id, here.close(id, {"x", now + 60, now + 70, false})), Opened::good);
  EXPECT_EQ(open(here, id, here.close(id, {"x", now + 61, now + 70, false})), Opened::implausible);
  EXPECT_EQ(open(here, id, here.close(id, {"x", now, now + 604801, false})), Opened::implausible);
  EXPECT_EQ(open(here, id, here.close(id, {"x", now, now, false})), Opened::implausible);
}

TEST_F(VaultTest, SecretsRotate) {
  const Vault old = vault({secret_a}), both = vault({secret_a, secret_b});
  const Vault turned = vault({secret_b, secret_a}), last = vault({secret_b});
  EXPECT_EQ(both.names(id).size(), 2U);
  EXPECT_EQ(both.names(id)[0], old.names(id)[0]);
  EXPECT_EQ(turned.names(id)[0], last.names(id)[0]);
  EXPECT_EQ(turned.names(id)[1], old.names(id)[0]);
  EXPECT_EQ(open(turned, id, old.close(id, entry())), Opened::good);
  EXPECT_EQ(open(both, id, turned.close(id, entry())), Opened::good);
  EXPECT_EQ(open(last, id, turned.close(id, entry())), Opened::good);
  EXPECT_EQ(open(old, id, turned.close(id, entry())), Opened::foreign);
}

TEST_F(VaultTest, WhatIsInTheClearIsNoSealedValue) {
  const Vault plain("ssl", "p:"), sealed = vault({secret_a});
  EXPECT_EQ(open(sealed, id, plain.close(id, entry())), Opened::foreign);
  EXPECT_EQ(open(plain, id, sealed.close(id, entry())), Opened::foreign);
  EXPECT_EQ(open(plain, id, plain.close(id, entry())), Opened::good);
}

TEST_F(VaultTest, NeitherNameNorValueShowsTheIdOrTheSession) {
  const Vault here = vault({secret_a});
  const std::string value = here.close(id, entry());
  EXPECT_EQ(value.find("session"), std::string::npos);
  EXPECT_EQ(value.find("iii"), std::string::npos);
  const std::string name = here.names(id)[0];
  EXPECT_EQ(name.size(), 2U + 32U);
  EXPECT_NE(name, here.names(other_id)[0]);
}

TEST_F(VaultTest, TwoSecretsWithOneKeyIdAreRefused) {
  EXPECT_THROW(derive_vault_keys(*secrets_of({secret_a, secret_a}), "ssl"), std::runtime_error);
}

}  // namespace
}  // namespace reprise::store
