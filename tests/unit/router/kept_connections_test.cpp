#include "router/kept_connections.hpp"

#include <sys/socket.h>

#include <vector>

#include <gtest/gtest.h>

#include "base/clock.hpp"
#include "net/listener.hpp"

namespace reprise::router {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class KeptConnectionsTest : public ::testing::Test {
protected:
  KeptConnectionsTest() { settings_.kept = 2; }

  // A connection; its other end stands in ends_.
  net::Socket connection() {
    int ends[2];
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends), 0);
    ends_.emplace_back(ends[1]);
    return net::Socket(io_, UniqueFd(ends[0]));
  }
  void keep(const net::Endpoint& endpoint) { kept_.keep(endpoint, connection()); }
  bool is_closed(std::size_t end) {
    char byte = 0;
    return ::recv(ends_.at(end).get(), &byte, 1, 0) == 0;
  }
  int open_ends() {
    int open = 0;
    for (std::size_t end = 0; end < ends_.size(); ++end)
      open += is_closed(end) ? 0 : 1;
    return open;
  }
  void sweep_after(seconds time) { deadlines_.sweep(coarse_now() + time); }

  net::asio::io_context io_{1};
  net::Deadlines deadlines_{io_};
  BackendHttp settings_;
  BackendCounters counters_;
  KeptConnections kept_{deadlines_, settings_, counters_};
  std::vector<UniqueFd> ends_;
  const net::Endpoint here_ = net::resolve("127.0.0.1:1", net::Role::connect);
  const net::Endpoint there_ = net::resolve("127.0.0.1:2", net::Role::connect);
};

TEST_F(KeptConnectionsTest, ServeTheirAddress) {
  keep(here_);
  EXPECT_FALSE(kept_.take(there_));
  EXPECT_TRUE(kept_.take(here_));
  EXPECT_FALSE(kept_.take(here_));
  EXPECT_EQ(counters_.kept.get(), 1U);
}

TEST_F(KeptConnectionsTest, AreTheNewestFirst) {
  net::Socket one = connection();
  net::Socket two = connection();
  const int first = one.fd();
  const int second = two.fd();
  kept_.keep(here_, std::move(one));
  kept_.keep(here_, std::move(two));
  EXPECT_EQ(kept_.take(here_)->fd(), second);
  EXPECT_EQ(kept_.take(here_)->fd(), first);
}

TEST_F(KeptConnectionsTest, AreBounded) {
  for (int i = 0; i < 3; ++i)
    keep(here_);
  keep(there_);
  EXPECT_TRUE(is_closed(2));
  EXPECT_EQ(open_ends(), 3);
  EXPECT_EQ(counters_.kept.get(), 3U);
}

TEST_F(KeptConnectionsTest, AreBoundedInAll) {
  settings_.kept = 1;
  for (int port = 1; port <= 1025; ++port)
    keep(net::resolve("127.0.0.1:" + std::to_string(port), net::Role::connect));
  EXPECT_EQ(counters_.kept.get(), 1024U);
  EXPECT_TRUE(is_closed(1024));
}

TEST_F(KeptConnectionsTest, AreNotUsedOnceTheirOtherSideHasSpokenOrLeft) {
  keep(here_);
  keep(here_);
  ends_[0].reset();
  ASSERT_EQ(::send(ends_[1].get(), "x", 1, 0), 1);
  EXPECT_FALSE(kept_.take(here_));
  EXPECT_EQ(counters_.stale.get(), 2U);
}

TEST_F(KeptConnectionsTest, ThoseOfWhoLeftAreSweptAway) {
  keep(here_);
  keep(here_);
  ::shutdown(ends_[0].get(), SHUT_WR);
  sweep_after(seconds(2));
  EXPECT_TRUE(is_closed(0));
  EXPECT_EQ(open_ends(), 1);
  EXPECT_EQ(counters_.stale.get(), 1U);
}

TEST_F(KeptConnectionsTest, EndBeforeTheirOtherSideEndsThem) {
  settings_.idle = seconds(60);
  kept_.keep(here_, connection(), seconds(1));
  EXPECT_EQ(counters_.kept.get(), 0U);
  kept_.keep(here_, connection(), seconds(5));
  kept_.keep(there_, connection(), seconds(3600));
  EXPECT_EQ(counters_.kept.get(), 2U);
  sweep_after(seconds(1));
  EXPECT_TRUE(kept_.take(here_));
}

TEST_F(KeptConnectionsTest, StayForTheirTime) {
  settings_.idle = seconds(0);
  keep(here_);
  keep(there_);
  EXPECT_EQ(open_ends(), 2);
  sweep_after(seconds(2));
  EXPECT_EQ(open_ends(), 0);
  EXPECT_EQ(counters_.stale.get(), 0U);
}

TEST_F(KeptConnectionsTest, GoWithTheirNode) {
  keep(here_);
  keep(there_);
  kept_.drop(here_);
  EXPECT_TRUE(is_closed(0));
  EXPECT_TRUE(kept_.take(there_));
}

TEST_F(KeptConnectionsTest, GoWithTheirWorker) {
  keep(here_);
  kept_.end();
  keep(here_);
  EXPECT_EQ(open_ends(), 0);
}

}  // namespace
}  // namespace reprise::router
