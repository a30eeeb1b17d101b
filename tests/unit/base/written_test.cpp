#include "base/written.hpp"

#include <system_error>

#include <gtest/gtest.h>

namespace reprise {
namespace {

// What the step's failure becomes.
template <class Step>
std::string failure_at(std::string_view origin, Step step) {
  try {
    at_origin(origin, step);
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return "none";
}

TEST(WithOrigin, PutsThePlaceBelow) {
  EXPECT_EQ(with_origin("bad", "a.ini:1:2\n  x\n  ^"), "bad\na.ini:1:2\n  x\n  ^");
  EXPECT_EQ(with_origin("bad", ""), "bad");
}

TEST(AtOrigin, NamesThePlaceOfAFailure) {
  EXPECT_EQ(failure_at("a.ini:7", [] { throw std::invalid_argument("no port"); }),
            "no port\na.ini:7");
  EXPECT_EQ(failure_at("", [] { throw std::logic_error("no port"); }), "no port");
  EXPECT_EQ(failure_at("a.ini:7", [] {}), "none");
}

TEST(AtOrigin, KeepsTheSystemsWords) {
  const std::string words = failure_at(
      "a.ini:7", [] { throw std::system_error(ENOENT, std::system_category(), "open x"); });
  EXPECT_EQ(words, "open x: No such file or directory\na.ini:7");
}

TEST(AtOrigin, PassesOnWhatIsNoException) {
  EXPECT_THROW(at_origin("a", [] { throw 1; }), int);
}

TEST(AtOrigin, GivesWhatTheStepGives) {
  int value = 1;
  int& same = at_origin("a", [&]() -> int& { return value; });
  EXPECT_EQ(&same, &value);
  EXPECT_EQ(at_origin("a", [] { return std::string("b"); }), "b");
}

TEST(Written, IsEmptyWithoutText) {
  EXPECT_TRUE((Written{"", "a.ini:1"}).empty());
  EXPECT_FALSE((Written{"x", ""}).empty());
}

}  // namespace
}  // namespace reprise
