#include "tls/session_context.hpp"

#include <gtest/gtest.h>

#include "certificates.hpp"

namespace reprise::tls {
namespace {

TEST(SessionContextTest, EqualPoliciesAreEqualWhateverTheOrderOfAuthorities) {
  const Digest a = digest_of("a"), b = digest_of("b");
  const SessionPolicy one{ClientCertificate::required, 1, {a, b}, "name"};
  const SessionPolicy other{ClientCertificate::required, 1, {b, a, b}, "name"};
  EXPECT_EQ(policy_digest(one), policy_digest(other));
}

TEST(SessionContextTest, EveryPartOfThePolicyCounts) {
  const Digest a = digest_of("a"), b = digest_of("b");
  const SessionPolicy policies[] = {
      {},
      {ClientCertificate::optional, 1, {a}, ""},
      {ClientCertificate::required, 1, {a}, ""},
      {ClientCertificate::required, 2, {a}, ""},
      {ClientCertificate::required, 1, {b}, ""},
      {ClientCertificate::required, 1, {a, b}, ""},
      {ClientCertificate::required, 1, {a}, "name"},
      {ClientCertificate::none, 0, {}, "name"},
  };
  for (const auto& one : policies) {
    for (const auto& other : policies) {
      EXPECT_EQ(policy_digest(one) == policy_digest(other), &one == &other);
    }
  }
}

TEST(SessionContextTest, TheDepthCountsOnlyWhereCertificatesAreAskedFor) {
  EXPECT_EQ(policy_digest({ClientCertificate::none, 1, {}, ""}),
            policy_digest({ClientCertificate::none, 5, {}, ""}));
}

TEST(SessionContextTest, TheTextCountsToItsLastLetterAtAnyLength) {
  const Digest policy = policy_digest({});
  EXPECT_NE(session_context(std::string(1000, 'x') + "1", policy),
            session_context(std::string(1000, 'x') + "2", policy));
  EXPECT_NE(session_context("", policy), session_context("x", policy));
  EXPECT_EQ(session_context("foobar", policy), session_context("foobar", policy));
}

// Nodes of different releases share sessions: the derivation is a format.
TEST(SessionContextTest, StaysWhatItIs) {
  const SessionContext context = session_context("foobar", policy_digest({}));
  std::string hex;
  for (const char letter : context) {
    const auto byte = static_cast<unsigned char>(letter);
    constexpr char digits[] = "0123456789abcdef";
    hex += digits[byte >> 4];
    hex += digits[byte & 15];
  }
  EXPECT_EQ(hex, "cd0cf7e05a96cc6e0fc02a131fb997d54cdb2ab56e81b9a6ab839bd081b3240c");
}

}  // namespace
}  // namespace reprise::tls
