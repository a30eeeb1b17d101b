#include "router/exchange.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <future>

#include <gmock/gmock.h>

#include "harness.hpp"

namespace reprise::router::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class ExchangeTest : public SessionsTest {
protected:
  ExchangeTest() { settings_.keepalive = true; }

  // The answer to a GET when the upstream sends this and ends.
  std::string through(const std::string& upstream_sends, const std::string& request = get("/")) {
    behind(answers(upstream_sends));
    client_.emplace(connect());
    client_->send(request);
    client_->shut_down_writing();
    return client_->receive_all();
  }

  std::optional<Peer> client_;
};

TEST_F(ExchangeTest, PassesAnAnswerOnAsItIs) {
  const std::string answer =
      "HTTP/1.1 404 Nothing here\r\nserver: x\r\nX-Y:  z \r\ncontent-length:3\r\n\r\nabc";
  EXPECT_EQ(through(answer), answer);
}

TEST_F(ExchangeTest, KnowsAnswersWithoutBody) {
  const std::string heads[] = {"HTTP/1.1 204 No Content\r\n\r\n",
                               "HTTP/1.1 304 Not Modified\r\nContent-Length: 10\r\n\r\n",
                               "HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n"};
  for (const std::string& head : heads)
    behind(answers(head));
  Peer client = connect();
  for (const std::string& head : heads) {
    client.send(get("/"));
    EXPECT_EQ(client.receive_until("\r\n\r\n"), head);
  }
}

TEST_F(ExchangeTest, TheAnswerToHeadHasNoBody) {
  const std::string head = "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n";
  behind(answers(head));
  Peer client = connect();
  for (int turn = 0; turn < 2; ++turn) {
    client.send("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_EQ(client.receive_until("\r\n\r\n"), head);
  }
  EXPECT_EQ(counters_.truncated.get(), 0U);
}

TEST_F(ExchangeTest, ChunkedAnswersKeepTheConnection) {
  const std::string answer =
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
      "5;x=y\r\nhello\r\n0\r\nTrailer: 1\r\n\r\n";
  EXPECT_EQ(through(answer, get("/") + get("/")), answer + answer);
}

TEST_F(ExchangeTest, WithoutALengthTheEndIsTheConnections) {
  EXPECT_EQ(through("HTTP/1.1 200 OK\r\nX: y\r\n\r\nall of it"),
            "HTTP/1.1 200 OK\r\nX: y\r\nConnection: close\r\n\r\nall of it");
  EXPECT_FALSE(client_->was_reset());
  EXPECT_EQ(counters_.truncated.get(), 0U);
}

TEST_F(ExchangeTest, AnOldOrClosingAnswerEndsTheConnection) {
  EXPECT_EQ(through("HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx", get("/") + get("/")),
            "HTTP/1.0 200 OK\r\nContent-Length: 1\r\nConnection: close\r\n\r\nx");
}

TEST_F(ExchangeTest, AClosingAnswerIsPassedOnAsItIs) {
  const std::string answer = "HTTP/1.1 200 OK\r\nconnection: Close\r\nContent-Length: 1\r\n\r\nx";
  EXPECT_EQ(through(answer, get("/") + get("/")), answer);
}

TEST_F(ExchangeTest, AnUpstreamsKeepAliveIsNotTheClients) {
  const std::string answer = through(
      "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nKeep-Alive: 5\r\nContent-Length: 1\r\n\r\nx");
  EXPECT_EQ(answer, "HTTP/1.0 200 OK\r\nContent-Length: 1\r\nConnection: close\r\n\r\nx");
}

TEST_F(ExchangeTest, WhatIsBehindABodyIsNotPassedOn) {
  EXPECT_EQ(through(ok("abc") + "HTTP/1.1 200 OK\r\n\r\n", get("/") + get("/")),
            "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\nabc");
}

TEST_F(ExchangeTest, InterimAnswersArePassedOn) {
  const std::string hints = "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n";
  EXPECT_EQ(through(hints + hints + ok("x")), hints + hints + ok("x"));
}

TEST_F(ExchangeTest, InterimAnswersAreNotForOldClients) {
  const std::string answer =
      through("HTTP/1.1 103 Early Hints\r\n\r\n" + ok("x"), "GET / HTTP/1.0\r\n\r\n");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
}

TEST_F(ExchangeTest, AnUpstreamsContinueIsNotPassedOn) {
  EXPECT_EQ(through("HTTP/1.1 100 Continue\r\n\r\n" + ok("x")), ok("x"));
}

TEST_F(ExchangeTest, InterimAnswersMayComeSlowly) {
  const std::string hints = "HTTP/1.1 103 Early Hints\r\n\r\n";
  std::promise<void> seen;
  auto hints_seen = seen.get_future().share();
  behind([&](const Backend::Request&, Peer& peer) {
    peer.send(hints);
    hints_seen.wait();
    peer.send(ok("x"));
  });
  Peer client = connect();
  client.send(get("/"));
  EXPECT_EQ(client.receive(hints.size()), hints);
  seen.set_value();
  EXPECT_EQ(client.receive_answer(), ok("x"));
}

TEST_F(ExchangeTest, AnswersThatAreNoneAre502) {
  for (const std::string& sent :
       {std::string(), std::string("HTTP/1.1 200 OK\r\nContent-Le"), std::string("garbage"),
        std::string("HTTP/1.1 200 OK\nContent-Length: 1\n\nx"), std::string("\r\n") + ok("x"),
        std::string("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx"),
        std::string(
            "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        std::string("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n"),
        std::string("HTTP/1.1 103 Early Hints\r\n\r\n"),
        std::string("HTTP/1.1 100 Continue\r\n\r\ngarbage"),
        "HTTP/1.1 200 OK\r\nX: " + std::string(70000, 'x') + "\r\n\r\n"}) {
    // Each request meets the behaviour of its own turn.
    behind(answers(sent));
  }
  const std::size_t all = 11;
  for (std::size_t i = 0; i < all; ++i) {
    Peer client = connect();
    client.send(get("/" + std::to_string(i)));
    const std::string answer = client.receive_all();
    EXPECT_THAT(answer, HasSubstr("HTTP/1.1 502 Bad Gateway\r\n")) << i;
    EXPECT_FALSE(client.was_reset()) << i;
  }
  wait_until_all_ended();
  EXPECT_EQ(counters_.upstream_failed.get(), all);
}

TEST_F(ExchangeTest, ThereIsNoBodyIn502ToHead) {
  const std::string answer = through("", "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(status_of(answer), 502);
  EXPECT_EQ(body_of(answer), "");
}

TEST_F(ExchangeTest, ASilentUpstreamIs504) {
  std::promise<void> let_go;
  behind([&](const Backend::Request&, Peer& peer) {
    EXPECT_TRUE(peer.at_end());
    let_go.set_value();
  });
  timeouts().idle = milliseconds(50);
  Peer client = connect();
  client.send(get("/"));
  EXPECT_EQ(status_of(client.receive_all()), 504);
  let_go.get_future().wait();
  client.close();
  wait_until_all_ended();
  EXPECT_EQ(counters_.upstream_timed_out.get(), 1U);
}

TEST_F(ExchangeTest, AnUpstreamThatDiesInABodyOfKnownLengthIsSeen) {
  const std::string part = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\npart";
  EXPECT_EQ(through(part, get("/") + get("/")), part);
  wait_until_all_ended();
  EXPECT_EQ(counters_.truncated.get(), 1U);
}

TEST_F(ExchangeTest, AnUpstreamThatDiesInAChunkedBodyIsSeen) {
  const std::string part = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel";
  EXPECT_EQ(through(part), part);
  wait_until_all_ended();
  EXPECT_EQ(counters_.truncated.get(), 1U);
}

TEST_F(ExchangeTest, ABrokenChunkEndsTheConnection) {
  EXPECT_EQ(
      through("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nxyz", get("/") + get("/")),
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n1\r\nx");
  wait_until_all_ended();
  EXPECT_EQ(counters_.truncated.get(), 1U);
}

TEST_F(ExchangeTest, AnUpstreamThatBreaksABodyWithoutLengthResetsTheClient) {
  std::promise<void> seen;
  auto part_seen = seen.get_future().share();
  behind([part_seen](const Backend::Request&, Peer& peer) {
    peer.send("HTTP/1.1 200 OK\r\n\r\npart");
    part_seen.wait();
    peer.reset();
  });
  Peer client = connect();
  client.send(get("/"));
  client.receive_until("part");
  seen.set_value();
  EXPECT_TRUE(client.at_end());
  EXPECT_TRUE(client.was_reset()) << "an orderly end would say that this was all";
  wait_until_all_ended();
  EXPECT_EQ(counters_.truncated.get(), 1U);
}

TEST_F(ExchangeTest, AnUpstreamThatStopsInTheMiddleIsCutAfterAWhile) {
  std::promise<void> end;
  auto may_end = end.get_future().share();
  behind([may_end](const Backend::Request&, Peer& peer) {
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\npart");
    may_end.wait();
  });
  timeouts().idle = milliseconds(50);
  Peer client = connect();
  client.send(get("/"));
  EXPECT_THAT(client.receive_all(), HasSubstr("part"));
  wait_until_all_ended();
  end.set_value();
  EXPECT_EQ(counters_.truncated.get(), 1U);
}

TEST_F(ExchangeTest, LargeAnswersGoThrough) {
  std::string body(20 << 20, 'x');
  for (std::size_t i = 0; i < body.size(); i += 1000)
    body[i] = static_cast<char>('a' + i / 1000 % 26);
  behind(answers(ok(body)));
  Peer client = connect();
  for (int turn = 0; turn < 2; ++turn) {
    client.send(get("/"));
    EXPECT_TRUE(client.receive_answer() == ok(body));
  }
  EXPECT_TRUE(at_rest());
  EXPECT_EQ(counters_.bytes_out.get(), 2 * ok(body).size());
}

// The upstream stands still while the client reads nothing, whatever the answer's size.
TEST_F(ExchangeTest, ASlowClientHoldsItsUpstreamBack) {
  constexpr std::size_t all = 100 << 20;
  std::promise<std::size_t> stuck;
  behind([&stuck](const Backend::Request&, Peer& peer) {
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(all) + "\r\n\r\n");
    const std::size_t sent = peer.send_until_full('x', all);
    stuck.set_value(sent);
    peer.send(std::string(all - sent, 'x'));
  });
  Peer client = connect();
  client.send(get("/"));
  EXPECT_LT(stuck.get_future().get(), all / 2);
  EXPECT_LE(borrowed_buffers(), 2U);
  client.receive_until("\r\n\r\n");
  EXPECT_EQ(client.receive(all).size(), all);
  EXPECT_TRUE(at_rest());
}

TEST_F(ExchangeTest, AClientThatReadsNothingTimesOut) {
  behind([](const Backend::Request&, Peer& peer) {
    peer.send("HTTP/1.1 200 OK\r\n\r\n");
    peer.send_until_full();
  });
  timeouts().idle = milliseconds(100);
  Peer client = connect();
  client.send(get("/"));
  wait_until_all_ended();
  EXPECT_EQ(counters_.client_timed_out.get(), 1U);
}

TEST_F(ExchangeTest, AClientThatLeavesInTheMiddleEndsItsUpstream) {
  std::promise<void> let_go;
  behind([&](const Backend::Request&, Peer& peer) {
    peer.send("HTTP/1.1 200 OK\r\n\r\n");
    const std::string piece(65536, 'x');
    while (::send(peer.fd(), piece.data(), piece.size(), MSG_NOSIGNAL) > 0) {
    }
    let_go.set_value();
  });
  Peer client = connect();
  client.send(get("/"));
  client.receive(1000);
  client.reset();
  let_go.get_future().wait();
  wait_until_all_ended();
  EXPECT_EQ(counters_.client_closed.get(), 1U);
  EXPECT_EQ(counters_.truncated.get(), 0U);
}

// Noticed within a second or so, though nothing is read from it and nothing sent.
TEST_F(ExchangeTest, AClientThatLeavesWhileTheUpstreamThinksEndsIt) {
  std::promise<bool> ended;
  behind([&](const Backend::Request&, Peer& peer) { ended.set_value(peer.at_end()); });
  for (const bool with_reset : {false, true}) {
    ended = {};
    Peer client = connect();
    client.send(get("/"));
    if (with_reset) {
      client.reset();
    } else {
      client.close();
    }
    auto end = ended.get_future();
    ASSERT_EQ(end.wait_for(seconds(5)), std::future_status::ready);
    EXPECT_TRUE(end.get());
    wait_until_all_ended();
  }
  EXPECT_EQ(counters_.client_closed.get(), 2U);
  EXPECT_EQ(counters_.upstream_failed.get(), 0U);
}

TEST_F(ExchangeTest, AnUpstreamMayThinkForLongerThanTheClientIsLookedAt) {
  behind([](const Backend::Request&, Peer& peer) {
    pollfd watched{peer.fd(), POLLRDHUP, 0};
    EXPECT_EQ(::poll(&watched, 1, 1500), 0) << "let go too early";
    peer.send(ok("late"));
  });
  Peer client = connect();
  client.send(get("/"));
  EXPECT_EQ(client.receive_answer(), ok("late"));
}

TEST_F(ExchangeTest, TheRestIsNoBusinessOfAnUpstreamThatHasAnswered) {
  behind([](const Backend::Request&, Peer& peer) {
    peer.send(ok("all"));
    EXPECT_TRUE(peer.at_end()) << "the connection ends with its exchange";
  });
  Peer client = connect();
  client.send(get("/"));
  EXPECT_EQ(client.receive_answer(), ok("all"));
  EXPECT_TRUE(at_rest());
}

}  // namespace
}  // namespace reprise::router::testing
