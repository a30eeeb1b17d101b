#include "base/log.hpp"

#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/base/standard_error.hpp"

namespace reprise::log {
namespace {

using ::testing::ElementsAre;
using ::testing::MatchesRegex;
using ::testing::SizeIs;

class LogTest : public ::testing::Test {
protected:
  ~LogTest() override { set_date_format(""); }

  // The writes that `work` leads to.
  template <class Work>
  static std::vector<std::string> written(Work work) {
    reprise::testing::StandardError error;
    work();
    return error.writes();
  }
};

TEST_F(LogTest, ALineIsOneWrite) {
  EXPECT_THAT(written([] {
                line("*** starting ***");
                line("worker {} of {}", 1, "all");
                line("");
              }),
              ElementsAre("*** starting ***\n", "worker 1 of all\n", "\n"));
}

TEST_F(LogTest, TextIsNoFormat) {
  const std::string text = "100% {} %s \x01";
  EXPECT_THAT(written([&] { line(text); }), ElementsAre(text + "\n"));
}

TEST_F(LogTest, TheDateStandsInFront) {
  set_date_format("%Y-%m-%d");
  EXPECT_THAT(written([] { line("up"); }),
              ElementsAre(MatchesRegex("2[0-9]{3}-[0-9]{2}-[0-9]{2} - up\n")));
  EXPECT_THAT(written([] { event(Level::info, "up"); }),
              ElementsAre(MatchesRegex("2[0-9]{3}-[0-9]{2}-[0-9]{2} - .reprise. info up\n")));
  set_date_format("no placeholder");
  EXPECT_THAT(written([] { line("up"); }), ElementsAre("no placeholder - up\n"));
  set_date_format("");
  EXPECT_THAT(written([] { line("up"); }), ElementsAre("up\n"));
}

TEST_F(LogTest, AnEventIsOneWrite) {
  EXPECT_THAT(written([] {
                event(Level::info, "a.b");
                event(Level::warning, "tls.failure", {{"reason", "bad record"}, {"n", "1"}});
                event(Level::error, "c", {{"empty", ""}});
              }),
              ElementsAre("[reprise] info a.b\n",
                          "[reprise] warning tls.failure reason=\"bad record\" n=\"1\"\n",
                          "[reprise] error c empty=\"\"\n"));
}

TEST_F(LogTest, ValuesCanForgeNoLine) {
  const std::string value("a\nb\r\t\0\x7f\xc3\xa9\x1b[31m", 14);
  EXPECT_THAT(written([&] {
                event(Level::info, "e", {{"v", value}, {"q", R"(" x="1\)"}});
              }),
              ElementsAre("[reprise] info e v=\"a\\x0ab\\x0d\\x09\\x00\\x7f\\xc3\\xa9\\x1b[31m\""
                          " q=\"\\\" x=\\\"1\\\\\"\n"));
}

TEST(ShortId, IsFourBytesInHex) {
  EXPECT_EQ(short_id(std::string("\x00\xff\x10z and the rest", 17)), "00ff107a");
  EXPECT_EQ(short_id("a"), "61");
  EXPECT_EQ(short_id(""), "");
}

TEST(RateLimit, LetsOneThroughAndCountsTheOthers) {
  RateLimit limit(std::chrono::hours(1));
  EXPECT_TRUE(limit.allow());
  EXPECT_EQ(limit.suppressed(), 0U);
  EXPECT_FALSE(limit.allow());
  EXPECT_FALSE(limit.allow());
  EXPECT_EQ(limit.suppressed(), 0U) << "told with the next line";
}

TEST(RateLimit, TellsOnceHowManyWereLeftOut) {
  RateLimit limit(std::chrono::milliseconds(200));
  ASSERT_TRUE(limit.allow());
  ASSERT_FALSE(limit.allow());
  ASSERT_FALSE(limit.allow());
  std::uint64_t more = 0;
  while (!limit.allow()) {
    ++more;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  EXPECT_EQ(limit.suppressed(), 2 + more);
  EXPECT_EQ(limit.suppressed(), 0U);
}

TEST(RateLimit, OwnersDoNotShareIt) {
  RateLimit one(std::chrono::hours(1)), other(std::chrono::hours(1));
  EXPECT_TRUE(one.allow());
  EXPECT_TRUE(other.allow());
}

TEST(RateLimit, NoIntervalIsNoLimit) {
  RateLimit limit(std::chrono::milliseconds(0));
  EXPECT_TRUE(limit.allow());
  EXPECT_TRUE(limit.allow());
}

}  // namespace
}  // namespace reprise::log
