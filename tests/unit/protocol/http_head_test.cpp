#include "protocol/http_head.hpp"

#include <string>

#include <gtest/gtest.h>

namespace reprise::protocol {
namespace {

class RequestHeadTest : public testing::Test {
protected:
  Status parse(std::string text) {
    text_ = std::move(text);
    return parse_request_head(text_, limits_, head_);
  }
  // A request with these field lines behind `Host: a`.
  Status with(const std::string& fields) {
    return parse("POST /x HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n");
  }

  HeadLimits limits_;
  RequestHead head_;
  std::string text_;
};

TEST_F(RequestHeadTest, IsViewsIntoTheBytes) {
  ASSERT_EQ(parse("GET /a%20b?x=1?y HTTP/1.1\r\nHost: h:80\r\nX-A:  b c \t\r\nX-Empty:\r\n\r\n"),
            Status::ok);
  EXPECT_EQ(head_.method, "GET");
  EXPECT_EQ(head_.target, "/a%20b?x=1?y");
  EXPECT_EQ(head_.path, "/a%20b");
  EXPECT_EQ(head_.query, "x=1?y");
  EXPECT_EQ(head_.origin_form(), head_.target);
  EXPECT_TRUE(head_.http_1_1);
  ASSERT_EQ(head_.fields.size(), 3U);
  EXPECT_EQ(head_.fields[1].name, "X-A");
  EXPECT_EQ(head_.fields[1].value, "b c");
  EXPECT_EQ(head_.fields[2].value, "");
  EXPECT_GE(head_.fields[1].value.data(), text_.data());
  EXPECT_LT(head_.fields[1].value.data(), text_.data() + text_.size());
}

TEST_F(RequestHeadTest, NothingIsLeftFromTheHeadBefore) {
  ASSERT_EQ(with("Content-Length: 5\r\nConnection: close\r\nExpect: 100-continue\r\n"), Status::ok);
  ASSERT_EQ(parse("GET / HTTP/1.0\r\n\r\n"), Status::ok);
  EXPECT_FALSE(head_.has_content_length || head_.close || head_.expects_continue || head_.http_1_1);
  EXPECT_EQ(head_.content_length, 0U);
  EXPECT_TRUE(head_.fields.empty());
}

TEST_F(RequestHeadTest, AnAbsoluteTargetNamesTheHost) {
  ASSERT_EQ(parse("GET http://b.test:8/x?y HTTP/1.1\r\nHost: a.test\r\n\r\n"), Status::ok);
  EXPECT_EQ(head_.authority, "b.test:8");
  EXPECT_EQ(head_.path, "/x");
  EXPECT_EQ(head_.query, "y");
  EXPECT_EQ(head_.origin_form(), "/x?y");
  ASSERT_EQ(parse("GET HTTPS://b HTTP/1.1\r\nHost: a.test\r\n\r\n"), Status::ok);
  EXPECT_EQ(head_.origin_form(), "/");
  EXPECT_EQ(parse("GET http://u@b/ HTTP/1.1\r\nHost: a.test\r\n\r\n"), Status::bad_request);
  EXPECT_EQ(parse("GET http:///x HTTP/1.1\r\nHost: a.test\r\n\r\n"), Status::bad_request);
}

TEST_F(RequestHeadTest, TheLengthIsOneCanonicalNumber) {
  ASSERT_EQ(with("Content-Length: 0005\r\n"), Status::ok);
  EXPECT_EQ(head_.content_length, 5U);
  for (const char* value : {"", "+5", "-5", "5 5", "5,5", "0x5", "5a", "9223372036854775808"}) {
    EXPECT_EQ(with("Content-Length: " + std::string(value) + "\r\n"), Status::bad_request) << value;
  }
  EXPECT_EQ(with("Content-Length: 5\r\nContent-Length: 5\r\n"), Status::bad_request);
  EXPECT_EQ(with("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"), Status::bad_request);
  EXPECT_EQ(with("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n"), Status::bad_request);
}

TEST_F(RequestHeadTest, ChunkedIsTheOnlyCoding) {
  ASSERT_EQ(with("Transfer-Encoding: ChunKed\r\n"), Status::ok);
  EXPECT_TRUE(head_.chunked);
  EXPECT_EQ(with("Transfer-Encoding: gzip\r\n"), Status::not_implemented);
  EXPECT_EQ(with("Transfer-Encoding: gzip, chunked\r\n"), Status::not_implemented);
  EXPECT_EQ(with("Transfer-Encoding: chunked, gzip\r\n"), Status::bad_request);
  EXPECT_EQ(with("Transfer-Encoding: chunked, chunked\r\n"), Status::bad_request);
  EXPECT_EQ(with("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"),
            Status::bad_request);
  EXPECT_EQ(with("Transfer-Encoding: \"chunked\"\r\n"), Status::bad_request);
  EXPECT_EQ(parse("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"), Status::bad_request);
}

TEST_F(RequestHeadTest, ConnectionIsAList) {
  ASSERT_EQ(with("Connection: foo, Close\r\n"), Status::ok);
  EXPECT_TRUE(head_.close);
  ASSERT_EQ(with("Connection: closed\r\nConnection: Keep-Alive\r\n"), Status::ok);
  EXPECT_FALSE(head_.close);
  EXPECT_TRUE(head_.keep_alive);
}

TEST_F(RequestHeadTest, ExpectationsAreContinueOrFail) {
  ASSERT_EQ(with("Expect: 100-Continue\r\n"), Status::ok);
  EXPECT_TRUE(head_.expects_continue);
  EXPECT_EQ(with("Expect: the-unexpected\r\n"), Status::expectation_failed);
}

TEST_F(RequestHeadTest, VersionsThatAreNotOurs) {
  EXPECT_EQ(parse("GET / HTTP/2.0\r\nHost: a\r\n\r\n"), Status::version_not_supported);
  EXPECT_EQ(parse("GET / http/1.1\r\nHost: a\r\n\r\n"), Status::bad_request);
  EXPECT_EQ(parse("GET / HTTP/1.1 \r\nHost: a\r\n\r\n"), Status::bad_request);
  EXPECT_EQ(parse("GET /\r\n\r\n"), Status::bad_request);
}

TEST_F(RequestHeadTest, TooManyFields) {
  limits_.max_fields = 3;
  EXPECT_EQ(with("A: 1\r\nB: 2\r\n"), Status::ok);
  EXPECT_EQ(with("A: 1\r\nB: 2\r\nC: 3\r\n"), Status::header_fields_too_large);
}

TEST_F(RequestHeadTest, ConnectIsNotForUs) {
  EXPECT_EQ(parse("CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n"), Status::not_implemented);
}

}  // namespace
}  // namespace reprise::protocol
