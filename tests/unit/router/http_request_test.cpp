#include "router/http_request.hpp"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "protocol/head_finder.hpp"

namespace reprise::router {
namespace {

using protocol::Status;

class HttpRequestTest : public ::testing::Test {
protected:
  HttpRequestTest() {
    facts_.remote_address = "127.0.0.1";
    settings_.backend_http.wanted = true;
    settings_.backend_http.kept = 1;
  }

  // What becomes of the request at the front of `text`, or the status of its refusal.
  std::string encode(const std::string& text) {
    text_ = text;
    protocol::HeadFinder finder;
    EXPECT_EQ(finder.look(text_), protocol::HeadFinder::State::complete);
    const Bytes bytes = Bytes(text_).substr(finder.begin(), finder.end() - finder.begin());
    EXPECT_EQ(protocol::parse_request_head(bytes, {}, head_), Status::ok) << text_;
    return encode();
  }
  std::string encode() {
    memory_.assign(room_, '\x55');
    const PacketResult result =
        encode_http_request(head_, facts_, settings_, "router.test", memory_);
    dropped_ = result.dropped;
    if (result.status != Status::ok) return std::to_string(static_cast<int>(result.status));
    EXPECT_EQ(result.packet.data(), memory_.data());
    return std::string(result.packet);
  }
  // Of a GET with these field lines behind Host, the lines that are left behind it.
  std::string with(const std::string& fields) {
    const std::string front = "GET / HTTP/1.1\r\nHost: a.test\r\n";
    std::string out = encode(front + fields + "\r\n");
    EXPECT_TRUE(out.starts_with(front)) << out;
    return out.substr(front.size(), out.size() - front.size() - 2);
  }

  Settings settings_;
  ConnectionFacts facts_;
  protocol::RequestHead head_;
  std::size_t room_ = 65536;
  unsigned dropped_ = 0;
  std::string text_;
  std::vector<char> memory_;
};

TEST_F(HttpRequestTest, HasOneHost) {
  EXPECT_EQ(encode("GET http://b.test:81/p?q HTTP/1.1\r\nHost: a.test\r\n\r\n"),
            "GET /p?q HTTP/1.1\r\nHost: b.test:81\r\n\r\n");
  EXPECT_EQ(encode("GET http://b.test HTTP/1.1\r\nHost: a.test\r\n\r\n"),
            "GET / HTTP/1.1\r\nHost: b.test\r\n\r\n");
  EXPECT_EQ(encode("GET / HTTP/1.0\r\n\r\n"), "GET / HTTP/1.0\r\nHost: router.test\r\n\r\n");
  EXPECT_EQ(encode("OPTIONS * HTTP/1.1\r\nX: 1\r\nhost:  a.test \r\n\r\n"),
            "OPTIONS * HTTP/1.1\r\nHost: a.test\r\nX: 1\r\n\r\n");
}

TEST_F(HttpRequestTest, HasTheFramingOfTheBodyThatWillBeSent) {
  const std::string front = "POST / HTTP/1.1\r\nHost: a\r\n";
  EXPECT_EQ(encode(front + "content-length: 0017\r\n\r\n"), front + "Content-Length: 17\r\n\r\n");
  EXPECT_EQ(encode(front + "transfer-encoding: Chunked\r\n\r\n"),
            front + "Transfer-Encoding: chunked\r\n\r\n");
  head_.chunked = false;
  head_.decoded = true;
  head_.content_length = 5;
  EXPECT_EQ(encode(), front + "Content-Length: 5\r\n\r\n");
  EXPECT_EQ(encode(front + "\r\n"), front + "\r\n");
}

TEST_F(HttpRequestTest, WhatIsOfTheConnectionStaysHere) {
  EXPECT_EQ(with("Connection: X-Hop, close\r\nconnection: te, Host, Content-Length\r\nX-Hop: 1\r\n"
                 "TE: trailers\r\nTrailer: X\r\nKeep-Alive: 5\r\nProxy-Connection: close\r\n"
                 "Proxy-Authorization: Basic eA==\r\nHTTP2-Settings: x\r\nExpect: 100-continue\r\n"
                 "X-Stays: 1\r\nContent-Length: 1\r\n"),
            "X-Stays: 1\r\nContent-Length: 1\r\n");
  EXPECT_EQ(dropped_, 0U);
}

TEST_F(HttpRequestTest, TooManyNamesOfTheConnectionAreRefused) {
  std::string names = "x";
  for (int i = 1; i < 32; ++i)
    names += ", x" + std::to_string(i);
  const std::string front = "GET / HTTP/1.1\r\nHost: a\r\nConnection: ";
  EXPECT_EQ(encode(front + names + ", keep-alive\r\n\r\n"), "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(encode(front + names + ", y\r\n\r\n"), "400");
}

TEST_F(HttpRequestTest, WhatCouldPassForSomethingElseIsDropped) {
  EXPECT_EQ(with("Proxy: evil\r\nX_Real: evil\r\nUpgrade: h2c\r\nX-Real: good\r\n"),
            "X-Real: good\r\n");
  EXPECT_EQ(dropped_, 3U);
}

TEST_F(HttpRequestTest, FieldsOfOneNameBecomeOne) {
  EXPECT_EQ(with("X: 1\r\nCookie: a\r\nx: 2\r\nY: 3\r\ncookie: b\r\n"),
            "X: 1, 2\r\nCookie: a; b\r\nY: 3\r\n");
}

TEST_F(HttpRequestTest, TellsOfTheClientAsWanted) {
  const std::string came = "X-Forwarded-For: 192.0.2.1\r\nForwarded: for=x\r\n";
  EXPECT_EQ(with(came), came);
  facts_.https = true;
  settings_.x_forwarded_for = Forwarding::add;
  settings_.x_forwarded_proto = Forwarding::replace;
  settings_.forwarded = Forwarding::replace;
  EXPECT_EQ(with(came + "X-Forwarded-Ssl: off\r\nConnection: X-Forwarded-For\r\n"),
            "X-Forwarded-For: 192.0.2.1, 127.0.0.1\r\nX-Forwarded-Proto: https\r\n"
            "Forwarded: for=127.0.0.1;proto=https;host=\"a.test\"\r\n");
}

TEST_F(HttpRequestTest, SaysWhetherTheConnectionGoesOn) {
  EXPECT_EQ(with(""), "");
  settings_.backend_http.kept = 0;
  EXPECT_EQ(with(""), "Connection: close\r\n");
}

TEST_F(HttpRequestTest, UpgradesIfThatIsWanted) {
  const std::string fields = "Sec-WebSocket-Key: k\r\nSec-WebSocket-Version: 13\r\n";
  const std::string upgrade = "Upgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n";
  EXPECT_EQ(with(upgrade + fields), fields);
  settings_.websockets = true;
  EXPECT_EQ(with(upgrade + fields), fields + "Connection: Upgrade\r\nUpgrade: websocket\r\n");
}

TEST_F(HttpRequestTest, PathsAreJudgedAsForApplications) {
  EXPECT_EQ(encode("GET /a%2e%2e/%zz HTTP/1.1\r\nHost: a\r\n\r\n"), "400");
  EXPECT_EQ(encode("GET /a%00 HTTP/1.1\r\nHost: a\r\n\r\n"), "400");
  EXPECT_EQ(encode("GET /a/%2e%2e/b HTTP/1.1\r\nHost: a\r\n\r\n"),
            "GET /a/%2e%2e/b HTTP/1.1\r\nHost: a\r\n\r\n");
}

TEST_F(HttpRequestTest, NeedsAsMuchRoomAsItHasBytes) {
  const std::string text = "GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\nX: 2\r\n\r\n";
  const std::string whole = encode(text);
  room_ = whole.size();
  EXPECT_EQ(encode(text), whole);
  while (--room_ > 0)
    EXPECT_EQ(encode(text), "431") << room_;
}

}  // namespace
}  // namespace reprise::router
