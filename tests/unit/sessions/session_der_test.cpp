#include "sessions/session_der.hpp"

#include <gtest/gtest.h>

#include "harness.hpp"
#include "tests/unit/sync/vectors.hpp"
#include "tests/unit/tls/certificates.hpp"

namespace reprise::sessions::testing {
namespace {

TEST(SessionDerTest, ReadsWhatOpensslWrites) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    const auto facts = read_session(session_der(1795434977, 300, nullptr, version));
    ASSERT_TRUE(facts);
    EXPECT_EQ(facts->created, 1795434977u);
    EXPECT_EQ(facts->lifetime, 300u);
    EXPECT_FALSE(facts->has_certificate);
  }
}

TEST(SessionDerTest, SeesAClientsCertificate) {
  const tls::testing::Certificate client("client");
  const std::string der = session_der(1000, 300, client.certificate.get());
  const auto* position = reinterpret_cast<const unsigned char*>(der.data());
  const tls::SessionPtr session(d2i_SSL_SESSION(nullptr, &position, static_cast<long>(der.size())));
  ASSERT_TRUE(session);
  ASSERT_NE(SSL_SESSION_get0_peer(session.get()), nullptr);
  const auto facts = read_session(der);
  ASSERT_TRUE(facts);
  EXPECT_TRUE(facts->has_certificate);
}

TEST(SessionDerTest, ReadsWhatUwsgiSends) {
  const auto recordings = sync::testing::vectors("tls_sessions.json");
  int seen = 0;
  for (const auto& each : recordings.at("cases").as_array()) {
    for (const auto& decoded : each.at("decoded").as_array()) {
      const auto& packet = decoded.as_object();
      const auto facts =
          read_session(sync::testing::from_hex(sync::testing::text(packet, "value")));
      ASSERT_TRUE(facts);
      EXPECT_EQ(std::to_string(facts->created + facts->lifetime),
                sync::testing::text(packet, "expires"));
      const auto name = each.at("case").as_string();
      EXPECT_EQ(facts->has_certificate, name.starts_with("client certificate"));
      ++seen;
    }
  }
  EXPECT_EQ(seen, 7);
}

TEST(SessionDerTest, NoPieceOfItIsASession) {
  const std::string der = session_der(1795434977, 300);
  for (std::size_t size = 0; size < der.size(); ++size)
    EXPECT_FALSE(read_session(Bytes(der).substr(0, size)));
  EXPECT_FALSE(read_session(der + '\0'));
}

TEST(SessionDerTest, OtherWaysToWriteTheSameAreNone) {
  std::string longer = session_der(1795434977, 300);
  ASSERT_EQ(static_cast<unsigned char>(longer[1]), 0x81);
  longer.insert(2, 1, '\0');
  longer[1] = '\x82';  // a length with a leading zero
  EXPECT_FALSE(read_session(longer));
}

}  // namespace
}  // namespace reprise::sessions::testing
