#include "base/log.hpp"

#include <sys/wait.h>

#include <cstdio>
#include <fstream>
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

// In a process of its own, for what is shared stays so. `work` is given the name of a file that is
// not there; its status is what is returned.
template <class Work>
int in_a_process(Work work) {
  const pid_t pid = ::fork();
  if (pid == 0) {
    const std::string path = ::testing::TempDir() + "log." + std::to_string(::getpid());
    const int status = work(path);
    std::remove(path.c_str());
    ::_exit(status);
  }
  int status = -1;
  ::waitpid(pid, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

UniqueFd open_file(const std::string& path) {
  return UniqueFd(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
}

std::string content(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST_F(LogTest, ProcessesFollowWhereTheFirstOneWrites) {
  EXPECT_EQ(in_a_process([](const std::string& path) {
              share_output();
              int go[2];
              if (::pipe(go) != 0) return 1;
              const pid_t child = ::fork();
              if (child == 0) {
                char byte = 0;
                for (int i = 0; i < 2 && ::read(go[0], &byte, 1) == 1; ++i)
                  line("child {}", byte);
                ::_exit(0);
              }
              redirect(open_file(path + ".0").get());  // nobody has to see each
              redirect(open_file(path).get());
              line("parent");
              if (::write(go[1], "ab", 2) != 2) return 2;
              ::waitpid(child, nullptr, 0);
              std::remove((path + ".0").c_str());
              return content(path) == "parent\nchild a\nchild b\n" ? 0 : 3;
            }),
            0);
}

TEST_F(LogTest, OneThatIsForkedLaterFollowsTheNextTime) {
  EXPECT_EQ(in_a_process([](const std::string& path) {
              share_output();
              redirect(open_file(path + ".0").get());
              redirect(open_file(path).get());
              const pid_t child = ::fork();
              if (child == 0) {
                line("child");
                ::_exit(0);
              }
              ::waitpid(child, nullptr, 0);
              std::remove((path + ".0").c_str());
              return content(path) == "child\n" ? 0 : 3;
            }),
            0);
}

}  // namespace
}  // namespace reprise::log
