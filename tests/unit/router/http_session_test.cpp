#include "router/http_session.hpp"

#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <future>

#include <gmock/gmock.h>

#include "harness.hpp"

namespace reprise::router::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

class HttpSessionTest : public SessionsTest {
protected:
  HttpSessionTest() { settings_.keepalive = true; }

  // Answers with the path that was asked for.
  Backend& behind_echoing_paths() {
    return behind([](const Backend::Request& request, Peer& peer) {
      peer.receive(request.body_size());
      peer.send(ok(request["PATH_INFO"]));
    });
  }
};

TEST_F(HttpSessionTest, HandsARequestOnAndItsAnswerBack) {
  Backend& backend = behind(answers(ok("hello")));
  EXPECT_EQ(ask(get("/a?b=c", "X-D: e\r\n")), ok("hello"));
  ASSERT_EQ(backend.request_count(), 1U);
  const Backend::Request request = backend.requests().front();
  EXPECT_EQ(request["REQUEST_URI"], "/a?b=c");
  EXPECT_EQ(request["HTTP_X_D"], "e");
  EXPECT_EQ(request["REMOTE_ADDR"], "127.0.0.1");
  EXPECT_EQ(request["SERVER_PORT"], "8443");
  EXPECT_EQ(request["SERVER_NAME"], "router.test");
  wait_until_all_ended();
  EXPECT_EQ(counters_.requests.get(), 1U);
  EXPECT_EQ(counters_.bytes_out.get(), ok("hello").size());
}

TEST_F(HttpSessionTest, KeepsTheConnectionForTheNextRequest) {
  behind_echoing_paths();
  Peer client = connect();
  for (const char* path : {"/1", "/2", "/3"}) {
    client.send(get(path));
    EXPECT_EQ(client.receive_answer(), ok(path));
    EXPECT_TRUE(at_rest()) << "a connection that waits holds no buffer";
  }
  client.close();
  wait_until_all_ended();
  EXPECT_EQ(counters_.requests.get(), 3U);
}

TEST_F(HttpSessionTest, EndsAfterTheAnswerIfItShould) {
  behind_echoing_paths();
  const std::string closing = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n/1";
  Peer asked = connect();
  asked.send(get("/1", "Connection: close\r\n"));
  EXPECT_EQ(asked.receive_all(), closing);
  Peer old = connect();
  old.send("GET /1 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_EQ(old.receive_all(), closing);
  EXPECT_FALSE(old.was_reset());
}

TEST_F(HttpSessionTest, EndsAfterEachAnswerWithoutKeepalive) {
  settings_.keepalive = false;
  behind_echoing_paths();
  Peer client = connect();
  client.send(get("/1"));
  EXPECT_THAT(client.receive_all(), HasSubstr("\r\nConnection: close\r\n"));
}

TEST_F(HttpSessionTest, AnswersPipelinedRequestsInTheirOrder) {
  Backend& backend = behind_echoing_paths();
  Peer client = connect();
  client.send(get("/1") + get("/2") + post("/3", 5) + "12345" + get("/4"));
  for (const char* path : {"/1", "/2", "/3", "/4"})
    EXPECT_EQ(client.receive_answer(), ok(path));
  EXPECT_EQ(backend.request_count(), 4U);
  EXPECT_TRUE(at_rest());
}

TEST_F(HttpSessionTest, APipelinedRequestMayComeInTwoParts) {
  behind_echoing_paths();
  Peer client = connect();
  const std::string second = get("/2");
  client.send(get("/1") + second.substr(0, 10));
  EXPECT_EQ(client.receive_answer(), ok("/1"));
  EXPECT_TRUE(at_rest()) << "the beginning of a head waits in memory of its own size";
  client.send(second.substr(10));
  EXPECT_EQ(client.receive_answer(), ok("/2"));
}

TEST_F(HttpSessionTest, WhatIsPipelinedBehindTheLastAnswerIsNotServed) {
  Backend& backend = behind_echoing_paths();
  Peer client = connect();
  client.send(get("/1", "Connection: close\r\n") + get("/2"));
  EXPECT_THAT(client.receive_all(), EndsWith("\r\n\r\n/1"));
  EXPECT_FALSE(client.was_reset()) << "unread bytes must not take the answer away";
  client.close();
  wait_until_all_ended();
  EXPECT_EQ(backend.request_count(), 1U);
}

TEST_F(HttpSessionTest, AHeadMayComeByteByByte) {
  behind_echoing_paths();
  Peer client = connect();
  for (const char byte : get("/1"))
    client.send({&byte, 1});
  EXPECT_EQ(client.receive_answer(), ok("/1"));
}

TEST_F(HttpSessionTest, ForgivesEmptyLinesInFront) {
  behind_echoing_paths();
  Peer client = connect();
  client.send("\r\n" + get("/1") + "\r\n" + get("/2"));
  EXPECT_EQ(client.receive_answer(), ok("/1"));
  EXPECT_EQ(client.receive_answer(), ok("/2"));
}

struct Refused {
  int status;
  std::string request;
};

TEST_F(HttpSessionTest, RefusesWhatIsNoGoodRequest) {
  Backend& backend = behind(answers(ok("no")));
  settings_.max_head = 2000;
  const std::vector<Refused> all = {
      {400, "GET / HTTP/1.1\r\n\r\n"},
      {400, "\x16\x03\x01 no HTTP"},
      {400, get("/%zz")},
      {400, get("/", "Content-Length: 1\r\nContent-Length: 2\r\n")},
      {400, get("/", "Transfer-Encoding: chunked\r\n") + "x\r\n\r\n"},
      {414, "GET /" + std::string(2000, 'x')},
      {417, get("/", "Expect: wonders\r\n")},
      {431, get("/", "X: " + std::string(2000, 'x') + "\r\n")},
      {501, "CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n"},
      {501, get("/", "Transfer-Encoding: gzip, chunked\r\n")},
      {505, "GET / HTTP/2.0\r\nHost: a\r\n\r\n"},
  };
  for (const Refused& each : all) {
    Peer client = connect();
    client.send(each.request);
    const std::string answer = client.receive_all();
    EXPECT_EQ(status_of(answer), each.status) << each.request.substr(0, 60);
    EXPECT_THAT(answer, HasSubstr("\r\nConnection: close\r\n"));
    EXPECT_NE(body_of(answer), "");
    EXPECT_FALSE(client.was_reset()) << each.request.substr(0, 60);
  }
  wait_until_all_ended();
  EXPECT_EQ(counters_.bad_requests.get(), all.size());
  EXPECT_EQ(backend.request_count(), 0U);
}

TEST_F(HttpSessionTest, ALongLineIsTheSameHoweverItComes) {
  settings_.max_head = 2000;
  const std::string line = "GET /" + std::string(2500, 'x') + " HTTP/1.1\r\n";
  EXPECT_EQ(status_of(ask(line.substr(0, 2100))), 414);
  EXPECT_EQ(status_of(ask(line + "Host: a\r\n\r\n")), 414);
}

TEST_F(HttpSessionTest, RefusesTooManyFields) {
  behind(answers(ok("no")));
  std::string fields;
  for (int i = 0; i < 513; ++i)
    fields += "A:\r\n";
  EXPECT_EQ(status_of(ask(get("/", fields))), 431);
}

TEST_F(HttpSessionTest, RefusesAPacketThatIsTooLarge) {
  behind(answers(ok("no")));
  // Fits the largest head, but not a packet with its length twice.
  EXPECT_EQ(status_of(ask(get("/" + std::string(40000, 'x')))), 431);
}

TEST_F(HttpSessionTest, TakesTheLargestHead) {
  behind(answers(ok("yes")));
  settings_.max_head = 3000;
  std::string request = get("/", "X: \r\n");
  request.insert(request.size() - 4, std::string(3000 - request.size(), 'x'));
  EXPECT_EQ(status_of(ask(request)), 200);
  request.insert(request.size() - 4, "x");
  EXPECT_EQ(status_of(ask(request)), 431);
}

TEST_F(HttpSessionTest, ARefusedHeadRequestGetsNoBody) {
  const std::string answer = ask("HEAD / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n");
  EXPECT_EQ(status_of(answer), 501);
  EXPECT_EQ(body_of(answer), "");
}

TEST_F(HttpSessionTest, ARefusalEndsPipelining) {
  Backend& backend = behind_echoing_paths();
  Peer client = connect();
  client.send(get("/1") + get("/", "Transfer-Encoding: gzip\r\n") + get("/2"));
  EXPECT_EQ(client.receive_answer(), ok("/1"));
  EXPECT_EQ(status_of(client.receive_answer()), 501);
  EXPECT_TRUE(client.at_end());
  EXPECT_EQ(backend.request_count(), 1U);
}

TEST_F(HttpSessionTest, AHeadThatDoesNotEndTimesOut) {
  timeouts().head = milliseconds(50);
  Peer client = connect();
  client.send("GET / HTTP/1.1\r\nHo");
  EXPECT_EQ(status_of(client.receive_all()), 408);
  client.close();
  wait_until_all_ended();
  EXPECT_EQ(counters_.client_timed_out.get(), 1U);
  EXPECT_EQ(counters_.bad_requests.get(), 1U);
}

TEST_F(HttpSessionTest, AHeadThatCannotBeReadIsLogged) {
  const std::string path = ::testing::TempDir() + "access-" + std::to_string(::getpid());
  settings_.access_log.target.text = path;
  settings_.max_head = 2000;
  timeouts().head = milliseconds(50);
  for (const std::string text : {"GET / HTTP/1.1\nHost: a\n\n", "GET / HTTP/1.1\r\nHo"}) {
    Peer client = connect();
    client.send(text);
    client.receive_all();
  }
  ask("GET /" + std::string(2500, 'x'));
  wait_until_all_ended();
  std::ifstream file(path);
  std::string line;
  for (const char* status : {"400", "408", "414"}) {
    std::getline(file, line);
    EXPECT_THAT(line, HasSubstr("127.0.0.1 () {0 vars in 0 bytes}"));
    EXPECT_THAT(line, HasSubstr(std::string("(HTTP/1.1 ") + status + ")"));
  }
  std::remove(path.c_str());
}

TEST_F(HttpSessionTest, AHeadMayNotTrickle) {
  timeouts().head = milliseconds(100);
  Peer client = connect();
  std::string answer;
  client.send("GET / HTTP/1.1\r\nX: ");
  std::thread trickle([&client] {
    for (int i = 0; i < 50; ++i) {
      client.send("x");
      std::this_thread::sleep_for(milliseconds(10));
    }
  });
  EXPECT_EQ(status_of(client.receive_answer()), 408);
  trickle.join();
}

TEST_F(HttpSessionTest, WhoAsksNothingIsLeftWithoutAWord) {
  timeouts().head = milliseconds(20);
  Peer client = connect();
  EXPECT_TRUE(client.at_end());
  EXPECT_FALSE(client.was_reset());
  wait_until_all_ended();
  EXPECT_EQ(counters_.client_timed_out.get(), 0U);
  EXPECT_EQ(counters_.bad_requests.get(), 0U);
}

TEST_F(HttpSessionTest, AnIdleConnectionEndsAfterItsTime) {
  behind_echoing_paths();
  timeouts().keepalive = milliseconds(20);
  timeouts().head = seconds(100);
  Peer client = connect();
  client.send(get("/1"));
  EXPECT_EQ(client.receive_answer(), ok("/1"));
  EXPECT_TRUE(client.at_end());
  EXPECT_FALSE(client.was_reset());
}

TEST_F(HttpSessionTest, ANextHeadHasTheTimeOfAHead) {
  behind_echoing_paths();
  timeouts().keepalive = seconds(100);
  timeouts().head = milliseconds(50);
  Peer client = connect();
  client.send(get("/1"));
  EXPECT_EQ(client.receive_answer(), ok("/1"));
  client.send("G");
  EXPECT_EQ(status_of(client.receive_all()), 408);
}

TEST_F(HttpSessionTest, APipelinedHeadHasTheTimeOfAHeadToo) {
  behind_echoing_paths();
  timeouts().keepalive = seconds(100);
  timeouts().head = milliseconds(50);
  Peer client = connect();
  client.send(get("/1") + "G");
  EXPECT_EQ(client.receive_answer(), ok("/1"));
  EXPECT_EQ(status_of(client.receive_all()), 408);
}

TEST_F(HttpSessionTest, WhoLeavesBeforeAskingLeavesNothingBehind) {
  { Peer client = connect(); }
  {
    Peer client = connect();
    client.send("GET / HTTP/1.1\r\n");
  }
  {
    Peer client = connect();
    client.send("GET / HTTP/1.1\r\n");
    client.reset();
  }
  wait_until_all_ended();
  EXPECT_EQ(counters_.requests.get(), 0U);
  EXPECT_EQ(counters_.bad_requests.get(), 0U);
}

TEST_F(HttpSessionTest, WhoSaysItsEndBehindTheRequestIsServed) {
  behind_echoing_paths();
  EXPECT_EQ(ask(get("/1") + get("/2")), ok("/1") + ok("/2"));
}

TEST_F(HttpSessionTest, ManyClientsAtATime) {
  behind_echoing_paths();
  std::vector<Peer> clients;
  for (int i = 0; i < 50; ++i)
    clients.push_back(connect());
  EXPECT_EQ(running_sessions(), 50U);
  for (std::size_t i = 0; i < clients.size(); ++i)
    clients[i].send(get("/" + std::to_string(i)));
  for (std::size_t i = 0; i < clients.size(); ++i)
    EXPECT_EQ(clients[i].receive_answer(), ok("/" + std::to_string(i)));
  EXPECT_TRUE(at_rest());
}

TEST_F(HttpSessionTest, DrainingEndsIdleConnections) {
  behind_echoing_paths();
  Peer idle = connect();
  idle.send(get("/1"));
  EXPECT_EQ(idle.receive_answer(), ok("/1"));
  ASSERT_TRUE(at_rest());
  drain();
  EXPECT_TRUE(idle.at_end());
  EXPECT_FALSE(idle.was_reset());
  wait_until_all_ended();
}

TEST_F(HttpSessionTest, DrainingServesWhoWasAcceptedAlready) {
  behind_echoing_paths();
  Peer client = connect();
  drain();
  client.send(get("/1"));
  const std::string answer = client.receive_all();
  EXPECT_THAT(answer, HasSubstr("\r\nConnection: close\r\n"));
  EXPECT_THAT(answer, EndsWith("/1"));
}

TEST_F(HttpSessionTest, DrainingLetsAnExchangeFinish) {
  std::promise<void> may_answer;
  auto allowed = may_answer.get_future().share();
  Backend& backend = behind([allowed](const Backend::Request&, Peer& peer) {
    allowed.wait();
    peer.send(ok("late"));
  });
  Peer client = connect();
  client.send(get("/") + get("/2"));
  ASSERT_TRUE(eventually([&] { return backend.request_count() == 1; }));
  drain();
  may_answer.set_value();
  const std::string answer = client.receive_all();
  EXPECT_THAT(answer, HasSubstr("\r\nConnection: close\r\n"));
  EXPECT_EQ(body_of(answer), "late");
  EXPECT_EQ(backend.request_count(), 1U);
}

}  // namespace
}  // namespace reprise::router::testing
