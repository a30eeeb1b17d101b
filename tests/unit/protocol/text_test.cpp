#include "protocol/text.hpp"

#include <gtest/gtest.h>

namespace reprise::protocol {
namespace {

TEST(Text, TokensInLists) {
  EXPECT_TRUE(has_token("close", "close"));
  EXPECT_TRUE(has_token("a,\tCLOSE , b", "close"));
  EXPECT_FALSE(has_token("closed, a-close", "close"));
  EXPECT_FALSE(has_token("", "close"));
  EXPECT_FALSE(has_token(",,", "close"));
}

TEST(Text, Lengths) {
  EXPECT_EQ(parse_length("0"), 0U);
  EXPECT_EQ(parse_length("9223372036854775807"), 9223372036854775807U);
  EXPECT_FALSE(parse_length("9223372036854775808"));
  EXPECT_FALSE(parse_length("99999999999999999999999"));
  EXPECT_FALSE(parse_length(""));
  EXPECT_FALSE(parse_length("1 "));
}

TEST(Text, TokensAndBlanks) {
  EXPECT_TRUE(is_token("X-a_1!#$%&'*+.^`|~"));
  EXPECT_FALSE(is_token(""));
  EXPECT_FALSE(is_token("a b"));
  EXPECT_FALSE(is_token(std::string_view("a\0", 2)));
  EXPECT_EQ(trim(" \t a b\t "), "a b");
  EXPECT_EQ(trim(" \t"), "");
}

}  // namespace
}  // namespace reprise::protocol
