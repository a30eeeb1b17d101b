#include "tls/old_session.hpp"

#include <boost/json.hpp>
#include <gtest/gtest.h>

#include "base/der.hpp"
#include "tests/unit/sessions/harness.hpp"
#include "tests/unit/sync/vectors.hpp"

namespace reprise::tls {
namespace {

using sessions::testing::session_der;

std::string fitted(std::string der) {
  der.resize(fit_openssl_1_0(der));
  return der;
}

SessionPtr decoded(Bytes der) {
  const auto* position = reinterpret_cast<const unsigned char*>(der.data());
  return SessionPtr(d2i_SSL_SESSION(nullptr, &position, static_cast<long>(der.size())));
}

std::string encoded(const SSL_SESSION* session) {
  unsigned char* bytes = nullptr;
  const int size = i2d_SSL_SESSION(session, &bytes);
  std::string again(reinterpret_cast<char*>(bytes), static_cast<std::size_t>(size));
  OPENSSL_free(bytes);
  return again;
}

std::vector<unsigned> tags_of(Bytes der) {
  std::vector<unsigned> tags;
  for (Bytes fields = der::take(der)->content; !fields.empty();)
    tags.push_back(der::take(fields)->tag);
  return tags;
}

// What OpenSSL 1.0 wrote, read and written by this one, is bit for bit what 1.0 wrote.
TEST(OldSessionTest, EveryRecordedSessionComesBackAsItWas) {
  const auto recordings = sync::testing::vectors("tls_sessions.json");
  int seen = 0;
  for (const auto& each : recordings.at("cases").as_array()) {
    for (const auto& packet : each.at("decoded").as_array()) {
      const std::string der =
          sync::testing::from_hex(sync::testing::text(packet.as_object(), "value"));
      const std::string newer = encoded(decoded(der).get());
      EXPECT_NE(newer, der);
      EXPECT_EQ(fitted(newer), der);
      ++seen;
    }
  }
  EXPECT_EQ(seen, 7);
}

TEST(OldSessionTest, TheGroupIsLeftOutAlone) {
  const std::string der = session_der(1795434977, 300);
  auto tags = tags_of(der);
  ASSERT_EQ(tags.back(), 0xb3u);
  tags.pop_back();
  EXPECT_EQ(tags_of(fitted(der)), tags);
  EXPECT_TRUE(decoded(fitted(der)));
  EXPECT_EQ(fitted(fitted(der)), fitted(der));
}

// The length of the whole has one digit, two or three, and loses one where it falls below a border.
TEST(OldSessionTest, EveryLengthIsWrittenInItsShortestForm) {
  const SessionPtr session = decoded(session_der(1795434977, 300));
  constexpr unsigned char id[] = {1, 2, 3, 4};
  SSL_SESSION_set1_id(session.get(), id, sizeof id);
  SSL_SESSION_set1_id_context(session.get(), id, sizeof id);
  bool fell_below_128 = false, fell_below_256 = false;
  for (std::size_t size = 0; size < 200; ++size) {
    SSL_SESSION_set1_hostname(session.get(), std::string(size, 'n').c_str());
    const std::string der = encoded(session.get());
    const std::string shorter = fitted(der);
    EXPECT_EQ(encoded(decoded(shorter).get()), der);
    const auto form = [](const std::string& bytes) { return static_cast<unsigned char>(bytes[1]); };
    fell_below_128 |= form(der) == 0x81 && form(shorter) < 0x80;
    fell_below_256 |= form(der) == 0x82 && form(shorter) == 0x81;
  }
  EXPECT_TRUE(fell_below_128 && fell_below_256);
}

TEST(OldSessionTest, SessionsOfTls13StayAsTheyAre) {
  const std::string der = session_der(1795434977, 300, nullptr, TLS1_3_VERSION);
  EXPECT_EQ(fitted(der), der);
}

TEST(OldSessionTest, WhatIsNoSessionStaysAsItIs) {
  const std::string der = session_der(1795434977, 300);
  for (std::size_t size = 0; size < der.size(); ++size)
    EXPECT_EQ(fitted(der.substr(0, size)), der.substr(0, size));
  EXPECT_EQ(fitted(der + "x"), der + "x");
}

}  // namespace
}  // namespace reprise::tls
