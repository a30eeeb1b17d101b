#include "parsers/subscription/subscription.hpp"

#include <gtest/gtest.h>

namespace reprise::parsers::subscription {
namespace {

std::string expected_at(std::string_view text) {
  try {
    parse_target(text);
  } catch (const SyntaxError& error) {
    return std::to_string(error.where.column) + ": " + error.what();
  }
  return "";
}

TEST(SubscriptionTarget, ServerAndKey) {
  const Target target = parse_target("127.0.0.1:7000:app.example:8080");
  EXPECT_EQ(target.server, "127.0.0.1:7000");
  EXPECT_EQ(target.key, "app.example:8080");
  EXPECT_EQ(target.address, "");
  EXPECT_FALSE(target.shared);
  EXPECT_EQ(target.modifier1, 0);
}

TEST(SubscriptionTarget, EveryPart) {
  const Target target = parse_target("10.1.2.3:99=/run/s.sock:app.example,5,SHA256:/k.pem");
  EXPECT_EQ(target.address, "10.1.2.3:99");
  EXPECT_EQ(target.server, "/run/s.sock");
  EXPECT_EQ(target.key, "app.example");
  EXPECT_EQ(target.modifier1, 5);
  EXPECT_EQ(target.digest, "SHA256");
  EXPECT_EQ(target.key_file, "/k.pem");
}

TEST(SubscriptionTarget, AnEmptyModifierKeepsTheSignature) {
  const Target target = parse_target("router.test:7000:k,,SHA1:/k.pem");
  EXPECT_EQ(target.server, "router.test:7000");
  EXPECT_EQ(target.digest, "SHA1");
}

TEST(SubscriptionTarget, OtherForms) {
  EXPECT_EQ(parse_target("=2=127.0.0.1:7000:k").shared, 2);
  EXPECT_EQ(parse_target("[::1]:7000:k").server, "[::1]:7000");
  EXPECT_EQ(parse_target("127.0.0.1:7000:@/etc/keys").key, "@/etc/keys");
}

TEST(SubscriptionTarget, WhatIsExpectedWhere) {
  EXPECT_EQ(expected_at("localhost:app.example"), "1: host:port or the path of a socket");
  EXPECT_EQ(expected_at("127.0.0.1:7000"), "15: ':' and a key");
  EXPECT_EQ(expected_at("127.0.0.1:7000:"), "16: a key");
  EXPECT_EQ(expected_at("127.0.0.1:7000:k,256"), "18: a number from 0 to 255");
  EXPECT_EQ(expected_at("127.0.0.1:7000:k,5,SHA1"), "24: ':' and a file");
}

TEST(SubscriptionSignCheck, DigestAndDirectory) {
  const SignCheck check = parse_sign_check("SHA1:/etc/keys");
  EXPECT_EQ(check.digest, "SHA1");
  EXPECT_EQ(check.directory, "/etc/keys");
  EXPECT_THROW(parse_sign_check("SHA1"), SyntaxError);
  EXPECT_THROW(parse_sign_check("SHA1:"), SyntaxError);
}

}  // namespace
}  // namespace reprise::parsers::subscription
