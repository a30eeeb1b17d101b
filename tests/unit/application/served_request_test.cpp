#include "application/served_request.hpp"

#include <unistd.h>

#include "base/unnamed_file.hpp"
#include "harness.hpp"

namespace reprise::application {
namespace {

constexpr char fields[] = "X-A: b\r\n";

class ServedRequestTest : public testing::Test {
protected:
  // What the router gets for a request of a method, answered by `answer`.
  template <class Answer>
  std::string heard(std::string_view method, bool frames, Answer&& answer) {
    Pair asked;
    asked.say(std::string(method) + " / HTTP/1.1\r\nHost: a\r\n\r\n");
    RequestReader reader;
    const SocketFacts http{Protocol::http, "127.0.0.1:80", "host", false};
    EXPECT_EQ(reader.read(asked.wire, http, Wire::Clock::now() + std::chrono::seconds(1)),
              RequestReader::Result::ok);
    RequestFacts facts;
    const SocketFacts socket{Protocol::uwsgi, "", "host", frames};
    ServedRequest served(asked.wire, reader, socket, facts);
    answer(served);
    served.finish();
    return asked.heard();
  }
};

TEST_F(ServedRequestTest, FramesWhatHasNoLength) {
  const auto twice = [](ServedRequest& request) {
    request.start_answer(200, "200 OK", fields, 1);
    request.write("0123456789abcdef");
    request.write("");
    request.write("end");
  };
  EXPECT_EQ(heard("GET", true, twice),
            "HTTP/1.1 200 OK\r\nX-A: b\r\n\r\n10\r\n0123456789abcdef\r\n3\r\nend\r\n0\r\n\r\n");
  EXPECT_EQ(heard("GET", false, twice), "HTTP/1.1 200 OK\r\nX-A: b\r\n\r\n0123456789abcdefend");
  EXPECT_EQ(heard("HEAD", true, twice), "HTTP/1.1 200 OK\r\nX-A: b\r\n\r\n");
}

TEST_F(ServedRequestTest, AnEmptyBodyHasAnEndToo) {
  const auto nothing = [](ServedRequest& request) {
    request.start_answer(200, "200 OK", fields, 1);
  };
  EXPECT_EQ(heard("GET", true, nothing), "HTTP/1.1 200 OK\r\nX-A: b\r\n\r\n0\r\n\r\n");
}

TEST_F(ServedRequestTest, WhatBreaksOffHasNone) {
  const auto breaks = [](ServedRequest& request) {
    request.start_answer(200, "200 OK", fields, 1);
    request.write("abc");
    request.give_up();
  };
  EXPECT_EQ(heard("GET", true, breaks), "HTTP/1.1 200 OK\r\nX-A: b\r\n\r\n3\r\nabc");
}

TEST_F(ServedRequestTest, OneWithALengthIsLeftAlone) {
  const auto counted = [](ServedRequest& request) {
    request.start_answer(200, "200 OK", "content-length: 3\r\n", 1);
    request.write("abc");
  };
  EXPECT_EQ(heard("GET", true, counted), "HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nabc");
  const auto chunked = [](ServedRequest& request) {
    request.start_answer(200, "200 OK", "Transfer-Encoding: chunked\r\n", 1);
    request.write("0\r\n\r\n");
  };
  EXPECT_EQ(heard("GET", true, chunked),
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
  const auto bodiless = [](ServedRequest& request) {
    request.start_answer(204, "204 No Content", "", 0);
    request.write("dropped");
  };
  EXPECT_EQ(heard("GET", true, bodiless), "HTTP/1.1 204 No Content\r\n\r\n");
}

TEST_F(ServedRequestTest, AFileIsOneChunk) {
  const UniqueFd file = open_unnamed_file();
  ASSERT_EQ(::write(file.get(), "0123456789", 10), 10);
  const auto sends = [&](ServedRequest& request) {
    request.start_answer(200, "200 OK", fields, 1);
    request.send_file(file.get(), 2, 4);
  };
  EXPECT_EQ(heard("GET", true, sends), "HTTP/1.1 200 OK\r\nX-A: b\r\n\r\n4\r\n2345\r\n0\r\n\r\n");
}

}  // namespace
}  // namespace reprise::application
