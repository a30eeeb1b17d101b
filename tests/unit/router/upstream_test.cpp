#include "router/upstream.hpp"

#include <unistd.h>

#include "harness.hpp"

namespace reprise::router::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class UpstreamTest : public SessionsTest {
protected:
  // A unix socket whose queue has no room.
  class FullQueue {
  public:
    FullQueue() : listener_(net::Listener::bind(name(), with_backlog_of_none())) {
      for (;;) {
        const net::Endpoint endpoint = net::resolve(address(), net::Role::connect);
        UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
        if (::connect(fd.get(), endpoint.data(), endpoint.size()) != 0) break;
        waiting_.push_back(std::move(fd));
      }
    }
    std::string address() const { return listener_.bound_name(); }
    UniqueFd accept() const { return UniqueFd(::accept(listener_.fd(), nullptr, nullptr)); }
    std::size_t waiting() const { return waiting_.size(); }

  private:
    static std::string name() { return "@reprise-upstream-test-" + std::to_string(::getpid()); }
    static net::ListenOptions with_backlog_of_none() {
      net::ListenOptions options;
      options.backlog = 0;
      return options;
    }
    net::Listener listener_;
    std::vector<UniqueFd> waiting_;
  };
};

TEST_F(UpstreamTest, TakesTurns) {
  Backend& one = behind(answers(ok("1")));
  Backend& two = behind(answers(ok("2")));
  std::string bodies;
  for (int i = 0; i < 6; ++i)
    bodies += body_of(ask(get("/")));
  EXPECT_EQ(bodies, "121212");
  EXPECT_EQ(one.request_count(), 3U);
  EXPECT_EQ(two.request_count(), 3U);
}

TEST_F(UpstreamTest, TheNextOneIsAskedIfOneCannotBeReached) {
  behind(free_address());
  behind("/nowhere/at.all");
  behind(answers(ok("there")));
  EXPECT_EQ(body_of(ask(get("/"))), "there");
  EXPECT_EQ(counters_.upstream_failed.get(), 0U);
}

TEST_F(UpstreamTest, AHostsOwnNodeIsNotOneOfThem) {
  Backend& other = behind(answers(ok("wrong")));
  settings_.named_nodes = NamedNodes{"/nowhere/", ""};
  EXPECT_EQ(status_of(ask(get("/"))), 502);
  EXPECT_EQ(other.request_count(), 0U);
}

TEST_F(UpstreamTest, AHostsOwnNodeHasFallbacks) {
  Backend spare(answers(ok("spare")));
  settings_.named_nodes = NamedNodes{"/nowhere/", ""};
  settings_.fallbacks.push_back({spare.address(), ""});
  EXPECT_EQ(body_of(ask(get("/"))), "spare");
}

TEST_F(UpstreamTest, OneThatFailedIsLeftAlone) {
  const std::string address = free_address();
  behind(address);
  Backend& there = behind(answers(ok("there")));
  EXPECT_EQ(body_of(ask(get("/"))), "there");
  Backend back(answers(ok("back")), address);
  for (int i = 0; i < 4; ++i)
    EXPECT_EQ(body_of(ask(get("/"))), "there");
  EXPECT_EQ(back.request_count(), 0U);
  EXPECT_EQ(there.request_count(), 5U);
}

TEST_F(UpstreamTest, OneThatFailedIsAskedAgainAfterTheGraceTime) {
  settings_.gracetime = seconds(0);
  const std::string address = free_address();
  behind(address);
  EXPECT_EQ(status_of(ask(get("/"))), 502);
  Backend back(answers(ok("back")), address);
  EXPECT_EQ(body_of(ask(get("/"))), "back");
}

TEST_F(UpstreamTest, NoneLeftIs503) {
  behind(free_address());
  behind(free_address());
  EXPECT_EQ(status_of(ask(get("/"))), 502);
  for (int i = 0; i < 2; ++i)
    EXPECT_EQ(status_of(ask(get("/"))), 503);
  wait_until_all_ended();
  EXPECT_EQ(counters_.upstream_failed.get(), 3U);
}

TEST_F(UpstreamTest, NoneAtAllIs503) {
  EXPECT_EQ(status_of(ask(get("/"))), 503);
}

TEST_F(UpstreamTest, ARequestTriesFourAtMost) {
  for (int i = 0; i < 4; ++i)
    behind(free_address());
  behind(answers(ok("the fifth")));
  EXPECT_EQ(status_of(ask(get("/"))), 502);
  EXPECT_EQ(body_of(ask(get("/"))), "the fifth");
}

TEST_F(UpstreamTest, AUnixSocketWillDo) {
  const std::string name = "@reprise-upstream-" + std::to_string(::getpid());
  Backend backend(echo, name);
  behind(name);
  EXPECT_EQ(body_of(ask(post("/", 5) + "hello")), "hello");
}

TEST_F(UpstreamTest, AFullQueueIs504InTheEnd) {
  const FullQueue full;
  behind(full.address());
  timeouts().connect = milliseconds(50);
  EXPECT_EQ(status_of(ask(get("/"))), 504);
  wait_until_all_ended();
  EXPECT_EQ(counters_.upstream_timed_out.get(), 1U);
}

TEST_F(UpstreamTest, AFullQueueIsAskedAgain) {
  const FullQueue full;
  behind(full.address());
  Peer client = connect();
  client.send(get("/"));
  ASSERT_TRUE(eventually([this] { return borrowed_buffers() > 0; }));
  for (std::size_t i = 0; i < full.waiting(); ++i)
    full.accept();
  UniqueFd fd;
  ASSERT_TRUE(eventually([&] { return static_cast<bool>(fd = full.accept()); }));
  Peer upstream(std::move(fd));
  upstream.receive(4);
  upstream.send(ok("after all"));
  EXPECT_EQ(body_of(client.receive_all()), "after all");
}

TEST_F(UpstreamTest, AFullOneDoesNotKeepTheNextOneFromBeingAsked) {
  const FullQueue full;
  behind(full.address());
  behind(answers(ok("there")));
  timeouts().connect = milliseconds(50);
  EXPECT_EQ(body_of(ask(get("/"))), "there");
}

}  // namespace
}  // namespace reprise::router::testing
