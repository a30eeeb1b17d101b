#include "seal/clear.hpp"

#include <gtest/gtest.h>

namespace reprise::seal {
namespace {

Cookie some_cookie() {
  Cookie cookie{};
  for (std::size_t i = 0; i < cookie.size(); ++i)
    cookie[i] = static_cast<unsigned char>(0xf0 + i);
  return cookie;
}

TEST(Clear, IsReadAsItWasWritten) {
  for (const auto operation :
       {ClearOperation::subscribe, ClearOperation::cookie, ClearOperation::leave}) {
    const std::string bytes = write_clear({operation, some_cookie()});
    const auto back = read_clear(bytes);
    ASSERT_TRUE(back);
    EXPECT_EQ(back->operation, operation);
    EXPECT_EQ(back->cookie, some_cookie());
    EXPECT_FALSE(read_clear(bytes + '\0'));
    EXPECT_FALSE(read_clear(Bytes(bytes).substr(0, bytes.size() - 1)));
  }
}

TEST(Clear, IsWhatTheFormatSays) {
  const std::string subscribe = write_clear({ClearOperation::subscribe, some_cookie()});
  EXPECT_EQ(subscribe.size(), 64u);
  EXPECT_EQ(subscribe.substr(0, 6), "\xC5\x9E\x01\x0F\x01\xF0");
  EXPECT_EQ(subscribe.substr(21), std::string(43, '\0'));
  EXPECT_EQ(write_clear({ClearOperation::cookie, some_cookie()}).size(), 24u);
  EXPECT_EQ(write_clear({ClearOperation::leave, some_cookie()}).size(), 64u);
}

TEST(Clear, NothingElseIs) {
  for (const int operation : {0, 4, 255}) {
    std::string bytes = write_clear({ClearOperation::subscribe, {}});
    bytes[4] = static_cast<char>(operation);
    EXPECT_FALSE(read_clear(bytes));
  }
  for (std::size_t i = 0; i < 4; ++i) {
    std::string bytes = write_clear({ClearOperation::subscribe, {}});
    bytes[i] ^= 1;
    EXPECT_FALSE(looks_clear(bytes));
    EXPECT_FALSE(read_clear(bytes));
  }
}

TEST(Clear, ACookieIsAlsoText) {
  EXPECT_EQ(text_of(some_cookie()), "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff");
  EXPECT_EQ(cookie_of(text_of(some_cookie())), some_cookie());
  EXPECT_FALSE(cookie_of(""));
  EXPECT_FALSE(cookie_of(std::string(31, '0')));
  EXPECT_FALSE(cookie_of(std::string(31, '0') + "g"));
}

}  // namespace
}  // namespace reprise::seal
