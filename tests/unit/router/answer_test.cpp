#include "router/answer.hpp"

#include <gtest/gtest.h>

#include "protocol/head_finder.hpp"
#include "protocol/response_head.hpp"

namespace reprise::router {
namespace {

using protocol::Status;

constexpr Status all[] = {Status::bad_request,
                          Status::request_timeout,
                          Status::length_required,
                          Status::uri_too_long,
                          Status::expectation_failed,
                          Status::misdirected_request,
                          Status::header_fields_too_large,
                          Status::not_implemented,
                          Status::bad_gateway,
                          Status::gateway_timeout,
                          Status::version_not_supported};

TEST(Answer, IsWholeWithItsBody) {
  EXPECT_EQ(make_answer(Status::bad_gateway, /*with_body=*/true),
            "HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/plain\r\nContent-Length: 16\r\n"
            "Connection: close\r\n\r\n502 Bad Gateway\n");
}

TEST(Answer, ToHeadHasTheSameHeadAlone) {
  for (const Status status : all) {
    const std::string whole = make_answer(status, true), head = make_answer(status, false);
    EXPECT_TRUE(head.ends_with("\r\n\r\n"));
    EXPECT_EQ(whole.substr(0, head.size()), head);
  }
}

TEST(Answer, IsWhatWeWouldTakeFromAnUpstream) {
  for (const Status status : all) {
    const std::string text = make_answer(status, true);
    protocol::HeadFinder finder;
    ASSERT_EQ(finder.look(text), protocol::HeadFinder::State::complete) << text;
    const auto head = protocol::parse_response_head(Bytes(text).substr(0, finder.end()));
    ASSERT_TRUE(head) << text;
    EXPECT_EQ(head->status, static_cast<int>(status));
    EXPECT_TRUE(head->close);
    EXPECT_EQ(head->content_length, text.size() - finder.end());
    EXPECT_EQ(text.find("Unknown"), std::string::npos) << text;
  }
}

TEST(Answer, ToPlainHttpSaysWhatIsWrong) {
  const std::string text = make_plain_http_answer();
  EXPECT_TRUE(text.starts_with("HTTP/1.1 400 Bad Request\r\n"));
  EXPECT_TRUE(text.ends_with("\r\n\r\nClient sent an HTTP request to an HTTPS server.\n"));
}

}  // namespace
}  // namespace reprise::router
