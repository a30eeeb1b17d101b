#include "stats/server.hpp"

#include <list>
#include <stdexcept>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness.hpp"

namespace reprise::stats {
namespace {

using namespace std::chrono_literals;
using testing::Connection;
using ::testing::HasSubstr;
using testing::Log;
using testing::NoDescriptors;
using testing::RunningServer;

constexpr char head[] =
    "HTTP/1.0 200 OK\r\nConnection: close\r\nAccess-Control-Allow-Origin: *\r\n"
    "Content-Type: application/json\r\n\r\n";
constexpr char request[] = "GET / HTTP/1.1\r\nHost: stats\r\n\r\n";

// More than the buffers of two loopback sockets hold.
constexpr std::size_t big = 64 << 20;

class ServerTest : public ::testing::Test {
protected:
  void serve(std::string document) {
    serve_what([document] { return document; });
  }
  void serve_what(Server::MakeDocument make_document) {
    server_.emplace(std::vector<const net::Listener*>{&tcp_, &unix_}, options_,
                    std::move(make_document));
  }
  void stop() { server_.reset(); }

  Connection connection() { return Connection(tcp_.bound_name()); }
  Connection connect() { return std::move(connection().open()); }
  Connection connect_unix() { return std::move(Connection(unix_.address()).open()); }

  // Connects until there is room for one more client; what that one gets for `text`.
  std::string ask_until_answered(const std::string& text) {
    for (;;) {
      const std::string answer = connect().send(text).receive_all();
      if (!answer.empty()) return answer;
    }
  }

  Server::Options options_;

private:
  net::Listener tcp_ = net::Listener::bind("127.0.0.1:0", {});
  net::Listener unix_ =
      net::Listener::bind("@reprise-stats-server-test-" + std::to_string(::getpid()), {});
  std::optional<RunningServer> server_;
};

TEST_F(ServerTest, SendsTheDocumentAtOnceAndEnds) {
  serve("{}");
  Connection client = connect();
  EXPECT_EQ(client.receive_all(), "{}");
  EXPECT_TRUE(client.ended_orderly());
}

TEST_F(ServerTest, ListensOnAllItsSockets) {
  serve("{}");
  EXPECT_EQ(connect_unix().receive_all(), "{}");
  EXPECT_EQ(connect().receive_all(), "{}");
}

TEST_F(ServerTest, AsksForANewDocumentEachTime) {
  serve_what([n = 0]() mutable { return std::to_string(++n); });
  EXPECT_EQ(connect().receive_all(), "1");
  EXPECT_EQ(connect().receive_all(), "2");
}

TEST_F(ServerTest, WhatAPlainClientSendsDestroysNothing) {
  const std::string document(1 << 20, 'd');
  serve(document);
  Connection client = connect();
  client.send(request + std::string(20'000, 'r'));
  EXPECT_EQ(client.receive_all(), document);
  EXPECT_TRUE(client.ended_orderly());
}

TEST_F(ServerTest, AnHttpClientGetsAHeadAfterItsRequest) {
  options_.http = true;
  serve("{}");
  Connection client = connect();
  EXPECT_EQ(client.send(request).receive_all(), head + std::string("{}"));
  EXPECT_TRUE(client.ended_orderly());
}

TEST_F(ServerTest, SilentClientsHoldUpNobody) {
  options_.http = true;
  options_.deadline = 1h;
  serve("{}");
  std::list<Connection> silent;
  for (int i = 0; i < 3; ++i)
    silent.push_back(connect());
  EXPECT_EQ(connect().send(request).receive_all(), head + std::string("{}"));
  // They were waited for all the time.
  EXPECT_EQ(silent.back().send("x").receive_all(), head + std::string("{}"));
}

TEST_F(ServerTest, ASilentHttpClientGetsNothingInTheEnd) {
  options_.http = true;
  options_.deadline = 1ms;
  serve("{}");
  Connection client = connect();
  EXPECT_EQ(client.receive_all(), "");
  EXPECT_TRUE(client.ended_orderly());
}

TEST_F(ServerTest, AClientThatReadsNothingIsCutAtItsDeadline) {
  options_.deadline = 1ms;
  serve(std::string(big, 'd'));
  Connection slow = connect();
  std::this_thread::sleep_for(1s);  // what is looked over four times a second has passed
  EXPECT_LT(slow.receive_all().size(), big);
}

TEST_F(ServerTest, TheOldestIsCutWhenThereAreTooMany) {
  options_.http = true;
  options_.deadline = 1h;
  options_.max_clients = 2;
  serve("{}");
  Connection first = connect();
  Connection second = connect();
  EXPECT_EQ(connect().send(request).receive_all(), head + std::string("{}"));
  EXPECT_EQ(first.receive_all(), "");
  EXPECT_EQ(second.send(request).receive_all(), head + std::string("{}"));
}

TEST_F(ServerTest, ClientsThatLeaveAtOnceLeaveRoom) {
  options_.max_clients = 8;
  serve(std::string(1 << 20, 'd'));
  for (int i = 0; i < 50; ++i)
    connect();
  EXPECT_EQ(ask_until_answered("").size(), 1u << 20);
}

TEST_F(ServerTest, ADocumentThatCannotBeMadeCostsItsClientAlone) {
  bool first = true;
  serve_what([&]() -> std::string {
    if (std::exchange(first, false)) throw std::runtime_error("no document");
    return "{}";
  });
  EXPECT_EQ(connect().receive_all(), "");
  EXPECT_EQ(connect().receive_all(), "{}");
}

TEST_F(ServerTest, WaitsForDescriptorsWhenThereAreNone) {
  serve("{}");
  Connection client = connection();
  Log log;
  std::string line;
  {
    const NoDescriptors none;
    client.open();
    line = log.line();
  }
  EXPECT_THAT(line, HasSubstr("stats.accept_failed"));
  EXPECT_EQ(client.receive_all(), "{}");
}

TEST_F(ServerTest, EndsWhileClientsWait) {
  options_.http = true;
  options_.deadline = 1h;
  serve("{}");
  Connection waiting = connect();
  EXPECT_NE(connect().send(request).receive_all(), "");  // so the first was accepted, too
  stop();
  EXPECT_EQ(waiting.receive_all(), "");
}

}  // namespace
}  // namespace reprise::stats
