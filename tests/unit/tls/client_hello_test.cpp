#include "tls/client_hello.hpp"

#include <gtest/gtest.h>

namespace reprise::tls {
namespace {

std::string server_name(const std::string& name, char type = 0) {
  const auto u16 = [](std::size_t n) {
    return std::string{static_cast<char>(n >> 8), static_cast<char>(n)};
  };
  const std::string entry = std::string(1, type) + u16(name.size()) + name;
  return u16(entry.size()) + entry;
}

TEST(ServerNameTest, IsReadInLowerCase) {
  EXPECT_EQ(parse_server_name(server_name("www.Example.COM")), "www.example.com");
  EXPECT_EQ(parse_server_name(server_name(std::string(255, 'a'))), std::string(255, 'a'));
}

TEST(ServerNameTest, WhatIsNoneIsNone) {
  EXPECT_FALSE(parse_server_name(""));
  EXPECT_FALSE(parse_server_name(server_name("")));
  EXPECT_FALSE(parse_server_name(server_name("name", 1)));
  EXPECT_FALSE(parse_server_name(server_name(std::string(256, 'a'))));
  EXPECT_FALSE(parse_server_name(server_name(std::string("a\0b", 3))));
  EXPECT_FALSE(parse_server_name(server_name("name") + "x"));
}

TEST(ServerNameTest, NoPrefixOfOneIsOne) {
  const std::string whole = server_name("name.test");
  for (std::size_t n = 0; n < whole.size(); ++n) {
    EXPECT_FALSE(parse_server_name(whole.substr(0, n))) << n;
  }
}

TEST(SupportedVersionsTest, FindsTls13) {
  EXPECT_TRUE(has_tls_1_3(Bytes("\x04\x03\x04\x03\x03", 5)));
  EXPECT_TRUE(has_tls_1_3(Bytes("\x04\x03\x03\x03\x04", 5)));
  EXPECT_FALSE(has_tls_1_3(Bytes("\x02\x03\x03", 3)));
  EXPECT_FALSE(has_tls_1_3(Bytes("\x04\x03\x04", 3)));
  EXPECT_FALSE(has_tls_1_3(Bytes("\x03\x00\x03\x04", 4)));
  EXPECT_FALSE(has_tls_1_3(""));
}

std::string identity(const std::string& name) {
  return std::string("\0", 1) + static_cast<char>(name.size()) + name + "\1\2\3\4";
}

std::string identities(const std::string& list) {
  return std::string("\0", 1) + static_cast<char>(list.size()) + list +
         std::string("\0\x21\x20", 3) + "binders";
}

TEST(SessionNamesTest, TheFirstTwoOf32BytesAreNames) {
  const std::string one(32, '1'), two(32, '2'), three(32, '3');
  EXPECT_EQ(session_names(identities(identity(one))), std::vector{one});
  EXPECT_EQ(session_names(identities(identity(one) + identity(two) + identity(three))),
            (std::vector{one, two}));
  EXPECT_EQ(session_names(identities(identity(std::string(100, 't')) + identity(two))),
            std::vector{two});
}

TEST(SessionNamesTest, MalformedOnesHaveNone) {
  const std::string good = identities(identity(std::string(32, '1')));
  for (std::size_t size = 0; size < 2 + 2 + 32 + 4; ++size)
    EXPECT_TRUE(session_names(good.substr(0, size)).empty()) << size;
  EXPECT_TRUE(session_names(identities(identity(std::string(31, '1')))).empty());
  std::string longer = good;
  longer[3] = 60;  // the identity ends behind the list
  EXPECT_TRUE(session_names(longer).empty());
}

}  // namespace
}  // namespace reprise::tls
