#include "base/error.hpp"

#include <cerrno>
#include <set>
#include <string>

#include <gtest/gtest.h>

namespace reprise {
namespace {

TEST(Error, OursComparesWithItsEnumerator) {
  const error_code error = errc::closed;
  EXPECT_TRUE(error);
  EXPECT_EQ(error, errc::closed);
  EXPECT_NE(error, errc::malformed);
  EXPECT_EQ(error.category(), category());
  EXPECT_STREQ(category().name(), "reprise");
}

TEST(Error, EachHasWordsOfItsOwn) {
  std::set<std::string> words;
  for (const errc e : {errc::malformed, errc::too_large, errc::timed_out, errc::closed,
                       errc::tls_failure, errc::unavailable}) {
    words.insert(make_error_code(e).message());
  }
  EXPECT_EQ(words.size(), 6U);
  EXPECT_EQ(words.count("unknown"), 0U);
  EXPECT_EQ(error_code(99, category()).message(), "unknown");
}

TEST(Error, OfTheSystemIsErrno) {
  errno = ECONNREFUSED;
  const error_code error = last_system_error();
  EXPECT_EQ(error, boost::system::errc::connection_refused);
  EXPECT_EQ(error, system_error_code(ECONNREFUSED));
  EXPECT_NE(error, make_error_code(static_cast<errc>(ECONNREFUSED)));
}

TEST(Error, IsTheOtherSideOfAResult) {
  const auto half = [](int n) -> Result<int> {
    if (n % 2 != 0) return errc::malformed;
    return n / 2;
  };
  EXPECT_EQ(half(4).value(), 2);
  EXPECT_EQ(half(3).error(), errc::malformed);
}

}  // namespace
}  // namespace reprise
