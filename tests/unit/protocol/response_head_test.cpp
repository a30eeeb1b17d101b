#include "protocol/response_head.hpp"

#include <string>

#include <gtest/gtest.h>

#include "protocol/http_body.hpp"

namespace reprise::protocol {
namespace {

using Kind = BodyLength::Kind;

std::optional<ResponseHead> answer(const std::string& fields) {
  return parse_response_head("HTTP/1.1 200 OK\r\n" + fields + "\r\n");
}

TEST(ResponseHead, StatusLines) {
  EXPECT_EQ(parse_response_head("HTTP/1.0 404 Not Found\r\n\r\n")->status, 404);
  EXPECT_FALSE(parse_response_head("HTTP/1.0 404 Not Found\r\n\r\n")->http_1_1);
  EXPECT_TRUE(parse_response_head("HTTP/1.1 200 \r\n\r\n")->http_1_1);
  EXPECT_EQ(parse_response_head("HTTP/1.1 299\r\n\r\n")->status, 299);
  for (const std::string line :
       {"HTTP/1.1 20 OK", "HTTP/1.1 2000 OK", "HTTP/2 200 OK", "ICY 200 OK", "HTTP/1.1  200 OK",
        "HTTP/1.1 099 OK", "HTTP/1.1", ""}) {
    EXPECT_FALSE(parse_response_head(line + "\r\n\r\n")) << line;
  }
}

TEST(ResponseHead, RubbishIsNoticedFromItsFirstBytes) {
  EXPECT_TRUE(may_be_response(""));
  EXPECT_TRUE(may_be_response("HTT"));
  EXPECT_TRUE(may_be_response("HTTP/1.0 "));
  EXPECT_FALSE(may_be_response("<html>"));
  EXPECT_FALSE(may_be_response("HTTP/2"));
  EXPECT_FALSE(may_be_response("HTTP/1.1\t"));
}

TEST(ResponseHead, RefusesWhatReadersCouldDisagreeAbout) {
  EXPECT_FALSE(answer("Content-Length: 5\r\nContent-Length: 6\r\n"));
  EXPECT_TRUE(answer("Content-Length: 5\r\nContent-Length: 5\r\n"));
  EXPECT_FALSE(answer("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"));
  EXPECT_FALSE(answer("Content-Length: -5\r\n"));
  EXPECT_FALSE(answer("Content-Length : 5\r\n"));
  EXPECT_FALSE(answer("no colon\r\n"));
  EXPECT_FALSE(answer("A: b\rc\r\n"));
  EXPECT_FALSE(answer(std::string("A: b\0c\r\n", 8)));
}

TEST(ResponseHead, RefusesABareCrInTheStatusLine) {
  EXPECT_FALSE(parse_response_head("HTTP/1.1 200 O\rK\r\nContent-Length: 7\r\n\r\n"));
  EXPECT_FALSE(parse_response_head("HTTP/1.1 200 \rX: y\r\n\r\n"));
}

TEST(ResponseHead, HowLongItsConnectionStays) {
  EXPECT_EQ(answer("Keep-Alive: timeout=5\r\n")->keep_alive, 5U);
  EXPECT_EQ(answer("Keep-Alive: max=9, Timeout=7 ,x\r\n")->keep_alive, 7U);
  EXPECT_EQ(answer("Keep-Alive: timeout=9\r\nKeep-Alive: timeout=8\r\n")->keep_alive, 8U);
  EXPECT_EQ(answer("Keep-Alive: timeout=0\r\n")->keep_alive, 0U);
  for (const std::string none : {"", "timeout", "timeout=", "timeout=-1", "timeout=x", "max=3"}) {
    EXPECT_FALSE(answer("Keep-Alive: " + none + "\r\n")->keep_alive) << none;
  }
  EXPECT_FALSE(answer("Keep-Alive: timeout=5\r\n")->close);
  EXPECT_FALSE(answer("Connection: timeout=5\r\n")->keep_alive);
}

TEST(ResponseHead, LengthOfTheBody) {
  EXPECT_EQ(body_length(*answer("Content-Length: 7\r\n"), false), (BodyLength{Kind::counted, 7}));
  EXPECT_EQ(body_length(*answer("Content-Length: 7\r\n"), true), (BodyLength{Kind::counted, 0}));
  EXPECT_EQ(body_length(*answer("Transfer-Encoding: gzip, chunked\r\n"), false).kind,
            Kind::chunked);
  EXPECT_EQ(body_length(*answer("Transfer-Encoding: gzip\r\n"), false).kind, Kind::until_close);
  EXPECT_EQ(body_length(*answer(""), false).kind, Kind::until_close);
  for (const std::string status : {"101", "204", "304"}) {
    const auto head = parse_response_head("HTTP/1.1 " + status + " x\r\nContent-Length: 7\r\n\r\n");
    EXPECT_EQ(body_length(*head, false), BodyLength{}) << status;
  }
}

TEST(ResponseHead, ConnectionField) {
  EXPECT_FALSE(answer("A: b\r\n")->connection);
  EXPECT_TRUE(answer("connection: Keep-Alive\r\n")->connection);
  EXPECT_FALSE(answer("Connection: keep-alive\r\n")->close);
  EXPECT_TRUE(answer("Connection:close\r\n")->close);
  EXPECT_FALSE(answer("Keep-Alive: close\r\n")->close);
}

TEST(ResponseHead, CloseReplacesWhatTheUpstreamSaid) {
  EXPECT_EQ(with_connection_close(
                "HTTP/1.1 200 OK\r\nKeep-Alive: 5\r\nA: b\r\nConnection: keep-alive\r\n\r\n"),
            "HTTP/1.1 200 OK\r\nA: b\r\nConnection: close\r\n\r\n");
  const std::string bare = "HTTP/1.1 200 OK\r\n\r\n";
  EXPECT_EQ(with_connection_close(bare).size(), bare.size() + close_field.size());
}

TEST(ResponseHead, CodingsOtherThanChunked) {
  EXPECT_FALSE(answer("A: b\r\n")->other_codings);
  EXPECT_FALSE(answer("Transfer-Encoding: Chunked\r\n")->other_codings);
  EXPECT_TRUE(answer("Transfer-Encoding: gzip\r\n")->other_codings);
  EXPECT_TRUE(answer("Transfer-Encoding: gzip, chunked\r\n")->other_codings);
  EXPECT_TRUE(
      answer("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n")->other_codings);
}

TEST(ResponseHead, WhatIsOfTheSendersConnectionCanBeLeftOut) {
  const std::string front = "HTTP/1.1 200 OK: upgrade\r\n";
  const std::string head = front +
                           "Connection: X-Hop, Content-Length\r\nx-hop: 1\r\nKeep-Alive: 5\r\n"
                           "Content-Length: 3\r\nUpgrade: h2c\r\nProxy-Connection: close\r\n"
                           "connection: Close, X-Other\r\nX-Hops: 2\r\nX-Other: 3\r\n\r\n";
  const std::string rest = front + "Content-Length: 3\r\nX-Hops: 2\r\n";
  EXPECT_EQ(edited_head(head, {.own_connection = true}), rest + "\r\n");
  EXPECT_EQ(edited_head(head, {.own_connection = true, .close = true}),
            rest + "Connection: close\r\n\r\n");
}

TEST(RequestBody, Lengths) {
  RequestHead head;
  EXPECT_EQ(body_length(head), BodyLength{});
  head.content_length = 3;
  EXPECT_EQ(body_length(head), (BodyLength{Kind::counted, 3}));
  head.chunked = true;
  EXPECT_EQ(body_length(head).kind, Kind::chunked);
}

}  // namespace
}  // namespace reprise::protocol
