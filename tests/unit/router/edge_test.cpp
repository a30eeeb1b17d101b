// Small parts of the HTTP router that need no sessions.
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <climits>
#include <cstdio>
#include <system_error>

#include <gmock/gmock.h>

#include "router/access_log.hpp"
#include "router/address_quota.hpp"
#include "router/body_spool.hpp"
#include "router/named_nodes.hpp"

namespace reprise::router {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;

std::string all_of(const BodySpool& spool, std::size_t step) {
  std::string out, piece(step, '\0');
  for (;;) {
    const auto got = spool.read(out.size(), {piece.data(), piece.size()});
    EXPECT_TRUE(got.has_value());
    if (!got || *got == 0) return out;
    out.append(piece, 0, *got);
  }
}

TEST(BodySpool, GivesBackWhatItGot) {
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, BodySpool::max_in_memory,
                                 BodySpool::max_in_memory + 1, std::size_t{300'000}}) {
    SpoolBudget budget(0);
    BodySpool spool(budget);
    std::string whole;
    while (whole.size() < size) {
      const std::string piece(std::min<std::size_t>(size - whole.size(), 7001),
                              static_cast<char>('a' + whole.size() % 23));
      EXPECT_FALSE(spool.append(piece));
      whole += piece;
    }
    EXPECT_EQ(spool.size(), size);
    EXPECT_EQ(all_of(spool, 4096), whole);
  }
}

TEST(BodySpool, AllTogetherHaveABudget) {
  SpoolBudget budget(50'000);
  {
    BodySpool first(budget), second(budget);
    EXPECT_FALSE(first.append(std::string(20'000, 'a')));
    EXPECT_FALSE(first.append(std::string(15'000, 'b')));
    EXPECT_EQ(budget.files(), 1U);
    EXPECT_FALSE(second.append(std::string(10'000, 'c')));
    EXPECT_EQ(budget.bytes(), 45'000U);
    EXPECT_EQ(second.append(std::string(6'000, 'd')), errc::too_large);
    EXPECT_EQ(second.size(), 10'000U);
    EXPECT_FALSE(second.append(std::string(5'000, 'd')));
    EXPECT_EQ(budget.bytes(), 50'000U);
  }
  EXPECT_EQ(budget.bytes(), 0U);
  EXPECT_EQ(budget.files(), 0U);
}

TEST(AddressQuota, CountsEachAddress) {
  AddressQuota quota(2);
  auto first = quota.take("a"), second = quota.take("a");
  EXPECT_TRUE(first && second);
  EXPECT_FALSE(quota.take("a"));
  EXPECT_TRUE(quota.take("b"));
  first = {};
  EXPECT_TRUE(quota.take("a"));
}

TEST(AddressQuota, TakesAnIPv6NetworkForOneAddress) {
  AddressQuota quota(1);
  const auto first = quota.take("2001:db8::1");
  EXPECT_FALSE(quota.take("2001:DB8:0:0:1::2"));
  EXPECT_TRUE(quota.take("2001:db8:0:1::1"));
  const auto old = quota.take("192.0.2.1");
  EXPECT_FALSE(quota.take("::ffff:192.0.2.1"));
  EXPECT_TRUE(quota.take("::ffff:192.0.2.2"));
}

TEST(NamedNodes, HaveThePathOfTheHost) {
  const NamedNodes nodes{"/run/apps/", ".sock"};
  EXPECT_EQ(node_path(nodes, "App.Example:8080"), "/run/apps/app.example:8080.sock");
  EXPECT_EQ(unix_endpoint("/run/a:1").path(), "/run/a:1");
}

TEST(NamedNodes, DoNotLeadElsewhere) {
  const NamedNodes nodes{"/run/apps/", ""};
  for (const std::string_view host : {"", "..", "../x", "a/b", ".hidden", "a..b", "a%2fb", "a\\b"})
    EXPECT_FALSE(node_path(nodes, host)) << host;
  EXPECT_FALSE(node_path(nodes, std::string(120, 'x')));
}

AccessRecord record() {
  AccessRecord out;
  out.address = "192.0.2.1";
  out.method = "GET";
  out.uri = "/a\"\n\\b\xff";
  out.variables = 20;
  out.packet_bytes = 400;
  out.number = 7;
  out.took = std::chrono::microseconds(12'345);
  out.answered = {404, 3, 90, 17};
  return out;
}

TEST(AccessLog, UwsgisLine) {
  EXPECT_THAT(uwsgi_line(record()), HasSubstr("|app: -1|req: -1/7] 192.0.2.1 () {40 vars in 400 "
                                              "bytes} ["));
  EXPECT_THAT(
      uwsgi_line(record()),
      EndsWith("] GET /a\"\\x0a\\x5cb\\xff => generated 17 bytes in 12 msecs (HTTP/1.1 404) "
               "3 headers in 90 bytes (0 switches on core 0)"));
}

TEST(AccessLog, Json) {
  EXPECT_THAT(json_line(record()), HasSubstr("\"uri\":\"/a\\\"\\u000a\\\\b\\u00ff\","));
  EXPECT_THAT(json_line(record()), HasSubstr("\"status\":404,\"rsize\":17,\"hsize\":90,"));
  EXPECT_THAT(json_line(record()), HasSubstr("\"micros\":12345,"));
}

TEST(AccessLog, NoLineIsLongerThanAPipeTakesWhole) {
  AccessRecord long_one = record();
  for (std::string* field :
       {&long_one.uri, &long_one.host, &long_one.referer, &long_one.user_agent, &long_one.method})
    field->assign(60'000, '\x80');
  EXPECT_LT(uwsgi_line(long_one).size(), std::size_t{PIPE_BUF});
  EXPECT_LT(json_line(long_one).size(), std::size_t{PIPE_BUF});
  EXPECT_THAT(json_line(long_one), EndsWith("...\"}"));
}

TEST(AccessLog, APipeThatNobodyReadsHoldsUpNobody) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const UniqueFd reading(ends[0]), writing(ends[1]);
  const UniqueFd before(::dup(STDOUT_FILENO));
  std::fflush(stdout);
  ASSERT_GE(::dup2(writing.get(), STDOUT_FILENO), 0);
  AccessLogSettings settings;
  settings.target.text = "stdout";
  {
    const AccessLog log(settings);
    for (int i = 0; i < 2000; ++i)  // more than a pipe holds
      log.write(record());
  }
  ::dup2(before.get(), STDOUT_FILENO);
  int waiting = 0;
  ASSERT_EQ(::ioctl(reading.get(), FIONREAD, &waiting), 0);
  EXPECT_GT(waiting, 10'000);
}

TEST(AccessLog, ASyslogThatIsStartedAnewGetsTheNextLines) {
  const std::string path = "/tmp/reprise-syslog-" + std::to_string(::getpid());
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  const auto listen = [&] {
    ::unlink(path.c_str());
    UniqueFd fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0));
    EXPECT_EQ(::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    return fd;
  };
  char line[8192];
  UniqueFd daemon = listen();
  AccessLogSettings settings;
  settings.target.text = "syslog:" + path;
  const AccessLog log(settings);
  log.write(record());
  EXPECT_GT(::recv(daemon.get(), line, sizeof line, 0), 0);
  daemon = listen();
  log.write(record());
  EXPECT_GT(::recv(daemon.get(), line, sizeof line, 0), 0);
  ::unlink(path.c_str());
  EXPECT_THROW(AccessLog{settings}, std::system_error);
}

}  // namespace
}  // namespace reprise::router
