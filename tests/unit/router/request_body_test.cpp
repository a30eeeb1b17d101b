#include "router/request_body.hpp"

#include <future>

#include <gmock/gmock.h>

#include "harness.hpp"

namespace reprise::router::testing {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";

class RequestBodyTest : public SessionsTest {
protected:
  RequestBodyTest() { settings_.keepalive = true; }

  static std::string pattern(std::size_t size) {
    std::string body(size, ' ');
    for (std::size_t i = 0; i < size; ++i)
      body[i] = static_cast<char>('a' + (i + i / 251) % 26);
    return body;
  }
};

TEST_F(RequestBodyTest, GoesThroughWhateverItsSize) {
  behind(echo);
  Peer client = connect();
  for (const std::size_t size : {0, 1, 1000, 65000, 65536, 70000, 1000000}) {
    const std::string body = pattern(size);
    client.send(post("/", size) + body);
    EXPECT_TRUE(client.receive_answer() == ok(body)) << size;
    EXPECT_TRUE(at_rest());
  }
}

TEST_F(RequestBodyTest, MayComeInPieces) {
  behind(echo);
  Peer client = connect();
  client.send(post("/", 10));
  for (const char byte : std::string("0123456789"))
    client.send({&byte, 1});
  EXPECT_EQ(client.receive_answer(), ok("0123456789"));
  EXPECT_EQ(counters_.bytes_in.get(), 10U);
}

TEST_F(RequestBodyTest, TheNextRequestFollowsIt) {
  behind(echo);
  Peer client = connect();
  client.send(post("/", 3) + "abc" + post("/", 3));
  EXPECT_EQ(client.receive_answer(), ok("abc"));
  client.send("def" + get("/"));
  EXPECT_EQ(client.receive_answer(), ok("def"));
  EXPECT_EQ(client.receive_answer(), ok(""));
}

TEST_F(RequestBodyTest, GoesBothWaysAtATime) {
  behind(echo_as_it_comes);
  const std::string body = pattern(20 << 20);
  Peer client = connect();
  std::thread sender([&] { client.send(post("/", body.size()) + body); });
  EXPECT_TRUE(body_of(client.receive_answer()) == body);
  sender.join();
  EXPECT_TRUE(at_rest());
  EXPECT_EQ(counters_.bytes_in.get(), body.size());
}

// The client stands still while the upstream reads nothing, whatever the body's size.
TEST_F(RequestBodyTest, ASlowUpstreamHoldsItsClientBack) {
  constexpr std::size_t all = 100 << 20;
  std::promise<void> read_on;
  auto may_read = read_on.get_future().share();
  behind([may_read](const Backend::Request& request, Peer& peer) {
    may_read.wait();
    peer.send(ok(std::to_string(peer.receive(request.body_size()).size())));
  });
  Peer client = connect();
  client.send(post("/", all));
  const std::size_t sent = client.send_until_full('x', all);
  EXPECT_LT(sent, all / 2);
  EXPECT_LE(borrowed_buffers(), 2U);
  read_on.set_value();
  client.send(std::string(all - sent, 'x'));
  EXPECT_EQ(client.receive_answer(), ok(std::to_string(all)));
  EXPECT_TRUE(at_rest());
}

TEST_F(RequestBodyTest, IsSentForIfTheClientWaits) {
  behind(echo);
  Peer client = connect();
  client.send(post("/", 5, "Expect: 100-continue\r\n"));
  EXPECT_EQ(client.receive(go_on.size()), go_on);
  EXPECT_TRUE(at_rest()) << "nothing is held while the client thinks";
  client.send("hello");
  EXPECT_EQ(client.receive_answer(), ok("hello"));
}

TEST_F(RequestBodyTest, IsNotSentForIfItIsThere) {
  behind(echo);
  Peer client = connect();
  client.send(post("/", 5, "Expect: 100-continue\r\n") + "hello");
  EXPECT_EQ(client.receive_answer(), ok("hello"));
  client.send(post("/", 0, "Expect: 100-continue\r\n"));
  EXPECT_EQ(client.receive_answer(), ok(""));
}

TEST_F(RequestBodyTest, AnOldClientIsNotToldToGoOn) {
  behind(echo);
  Peer client = connect();
  client.send("POST / HTTP/1.0\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
  client.send("hello");
  EXPECT_THAT(client.receive_all(), StartsWith("HTTP/1.1 200 OK\r\n"));
}

TEST_F(RequestBodyTest, IsNotSentForIfNobodyWouldTakeIt) {
  behind(free_address());
  Peer client = connect();
  client.send(post("/", 5, "Expect: 100-continue\r\n"));
  EXPECT_EQ(status_of(client.receive_answer()), 502);
}

TEST_F(RequestBodyTest, AnEarlyAnswerEndsTheConnection) {
  behind([](const Backend::Request&, Peer& peer) {
    peer.send("HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno");
  });
  Peer client = connect();
  client.send(post("/", 100 << 20) + std::string(1 << 20, 'x'));
  const std::string answer = client.receive_all();
  EXPECT_EQ(status_of(answer), 413);
  EXPECT_THAT(answer, HasSubstr("\r\nConnection: close\r\n"));
  EXPECT_EQ(body_of(answer), "no");
  EXPECT_FALSE(client.was_reset()) << "the client may not have seen the answer";
  client.close();
  wait_until_all_ended();
}

TEST_F(RequestBodyTest, AClientThatGoesOnSendingIsEndedAfterAWhile) {
  behind([](const Backend::Request&, Peer& peer) { peer.send(ok("enough")); });
  timeouts().linger = milliseconds(100);
  Peer client = connect();
  client.send(post("/", std::size_t{1} << 40));
  std::atomic<bool> ended = false;
  std::thread sender([&] {
    const std::string piece(65536, 'x');
    while (!ended)
      client.send(piece);
  });
  wait_until_all_ended();
  ended = true;
  sender.join();
}

TEST_F(RequestBodyTest, AnUpstreamThatDiesIs502) {
  behind([](const Backend::Request&, Peer& peer) { peer.receive(100000); });
  Peer client = connect();
  client.send(post("/", 50 << 20) + std::string(1 << 20, 'x'));
  const std::string answer = client.receive_all();
  EXPECT_EQ(status_of(answer), 502);
  EXPECT_FALSE(client.was_reset());
}

TEST_F(RequestBodyTest, AClientThatStopsSendingIs408) {
  behind(answers(ok("never")));
  timeouts().idle = milliseconds(100);
  Peer client = connect();
  client.send(post("/", 100) + "part");
  EXPECT_EQ(status_of(client.receive_all()), 408);
  client.close();
  wait_until_all_ended();
  EXPECT_EQ(counters_.client_timed_out.get(), 1U);
  EXPECT_EQ(counters_.upstream_timed_out.get(), 0U);
}

TEST_F(RequestBodyTest, AClientThatLeavesInTheMiddleEndsItsUpstream) {
  std::promise<std::string> received;
  behind([&](const Backend::Request&, Peer& peer) { received.set_value(peer.receive_all()); });
  for (const bool with_reset : {false, true}) {
    received = {};
    Peer client = connect();
    client.send(post("/", 100) + "part");
    ASSERT_TRUE(eventually([&] { return borrowed_buffers() == 0; }));
    if (with_reset) {
      client.reset();
    } else {
      client.close();
    }
    EXPECT_EQ(received.get_future().get(), "part");
    wait_until_all_ended();
  }
  EXPECT_EQ(counters_.client_closed.get(), 2U);
  EXPECT_EQ(counters_.upstream_failed.get(), 0U);
}

std::string chunked(std::string_view fields = "") {
  return "POST / HTTP/1.1\r\nHost: app.test\r\nTransfer-Encoding: chunked\r\n" +
         std::string(fields) + "\r\n";
}

constexpr std::string_view upgrade =
    "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: x3JJHMbDL1EzLkh9GBhXDw==\r\n";

// Its data counts, wherever it stands; its framing does not.
TEST_F(RequestBodyTest, AChunkedOneThatIsPassedOnHasItsLimit) {
  settings_.chunked_input = true;
  settings_.max_body = 10;
  behind([](const Backend::Request&, Peer& peer) {
    peer.receive_until("0\r\n\r\n");
    peer.send(ok("all"));
  });
  EXPECT_EQ(status_of(ask(chunked() + "b\r\n01234567890\r\n0\r\n\r\n")), 413);
  EXPECT_EQ(status_of(ask(chunked() + "5\r\n01234\r\n5\r\n01234\r\n0\r\n\r\n")), 200);
  Peer client = connect();
  client.send(chunked() + "9\r\n012345678\r\n");
  ASSERT_TRUE(at_rest());
  client.send("2\r\nxx\r\n");
  EXPECT_EQ(status_of(client.receive_all()), 413);
  EXPECT_EQ(counters_.limits.body.get(), 2U);
}

TEST_F(RequestBodyTest, TheLimitBehindAnExpectIsForChunksToo) {
  settings_.max_expected_body = 10;
  behind(echo);
  const std::string body = "b\r\n01234567890\r\n0\r\n\r\n";
  EXPECT_EQ(status_of(ask(chunked("Expect: 100-continue\r\n") + body)), 413);
  EXPECT_EQ(body_of(ask(chunked() + body)), "01234567890");
}

TEST_F(RequestBodyTest, KeptOnesHaveABudgetTogether) {
  settings_.max_kept_bodies = 20;
  behind(echo);
  Peer first = connect();
  first.send(chunked() + "f\r\n0123456789abcde\r\n");
  ASSERT_TRUE(eventually([&] { return counters_.bytes_in.get() > 0; }));
  Peer second = connect();
  second.send(chunked() + "6\r\n012345\r\n0\r\n\r\n");
  EXPECT_EQ(status_of(second.receive_answer()), 503);
  EXPECT_EQ(counters_.limits.kept_bodies.get(), 1U);
  first.send("0\r\n\r\n");
  EXPECT_EQ(first.receive_answer(), ok("0123456789abcde"));
  EXPECT_EQ(body_of(ask(chunked() + "6\r\n012345\r\n0\r\n\r\n")), "012345");
}

TEST_F(RequestBodyTest, AKeptOneHasItsTime) {
  behind(echo);
  EXPECT_EQ(timeouts().kept_body, std::chrono::seconds(600));
  timeouts().kept_body = milliseconds(50);
  Peer client = connect();
  client.send(chunked() + "5\r\nhe");
  EXPECT_EQ(status_of(client.receive_all()), 408);
  EXPECT_EQ(counters_.limits.body_time.get(), 1U);
}

TEST_F(RequestBodyTest, ARawOneHasItsLimitToo) {
  settings_.raw_body = true;
  settings_.max_body = 1000;
  behind([](const Backend::Request&, Peer& peer) { peer.receive_all(); });
  Peer client = connect();
  client.send(get("/"));
  ASSERT_TRUE(at_rest());
  client.send(std::string(2000, 'x'));
  EXPECT_EQ(status_of(client.receive_all()), 413);
}

TEST_F(RequestBodyTest, ARawOneHasItsTimeToo) {
  settings_.raw_body = true;
  behind([](const Backend::Request&, Peer& peer) { peer.receive_all(); });
  timeouts().body = milliseconds(50);
  Peer client = connect();
  client.send(get("/") + "x");
  EXPECT_EQ(status_of(client.receive_all()), 408);
}

// The end of the client's side is the end of such a body, and no reason not to answer.
TEST_F(RequestBodyTest, TheEndOfARawOneMayBeLongAgo) {
  settings_.raw_body = true;
  behind([](const Backend::Request&, Peer& peer) {
    const std::string body = peer.receive_all();
    std::this_thread::sleep_for(milliseconds(1500));
    peer.send(ok(body));
  });
  EXPECT_EQ(body_of(ask(get("/") + "raw")), "raw");
}

TEST_F(RequestBodyTest, NothingIsReadForATunnelBeforeItIsThere) {
  settings_.websockets = true;
  settings_.max_body = 1000;
  std::promise<void> asked, open;
  std::promise<std::string> received;
  behind([&](const Backend::Request&, Peer& peer) {
    asked.set_value();
    open.get_future().wait();
    peer.send("HTTP/1.1 101 Switching Protocols\r\n\r\n");
    received.set_value(peer.receive(5000));
  });
  Peer client = connect();
  client.send(get("/", upgrade));
  asked.get_future().wait();  // what came with the head would count as a body
  client.send(std::string(5000, 'x'));
  std::this_thread::sleep_for(milliseconds(50));
  EXPECT_EQ(counters_.bytes_in.get(), 0U);
  open.set_value();
  EXPECT_EQ(received.get_future().get().size(), 5000U);
}

TEST_F(RequestBodyTest, AnAnswerInPlaceOfATunnelIsSeenByWhoSentTooEarly) {
  settings_.websockets = true;
  std::promise<void> asked, go;
  behind([&](const Backend::Request&, Peer& peer) {
    asked.set_value();
    go.get_future().wait();
    peer.send("HTTP/1.1 403 No\r\nContent-Length: 2\r\n\r\nno");
  });
  Peer client = connect();
  client.send(get("/", upgrade));
  asked.get_future().wait();
  client.send(std::string(100000, 'x'));
  go.set_value();
  EXPECT_EQ(body_of(client.receive_all()), "no");
  EXPECT_FALSE(client.was_reset());
}

TEST_F(RequestBodyTest, AClientThatEndsItsBodyEarlyEndsItsUpstream) {
  behind(answers(ok("never")));
  Peer client = connect();
  client.send(post("/", 100) + "part");
  client.shut_down_writing();
  EXPECT_TRUE(client.at_end());
  wait_until_all_ended();
  EXPECT_EQ(counters_.client_closed.get(), 1U);
}

}  // namespace
}  // namespace reprise::router::testing
