#include "compat/request_log.hpp"

#include <gmock/gmock.h>

namespace reprise::compat {
namespace {

using application::LogSettings;
using application::RequestFacts;
using application::Variable;
using testing::EndsWith;
using testing::HasSubstr;

class Line : public testing::Test {
protected:
  Line() {
    facts.variables = variables;
    facts.head_size = 99;
    facts.pid = 12;
    facts.worker = 3;
    facts.app = 0;
    facts.worker_requests = 4;
    facts.all_requests = 5;
    facts.status = 404;
    facts.field_count = 2;
    facts.answer_head_size = 50;
    facts.answer_body_size = 60;
    facts.took = std::chrono::microseconds(7654);
  }

  std::string with_format(const std::string& format) {
    LogSettings settings;
    settings.format = format;
    return RequestLog(settings).line(facts);
  }

  std::vector<Variable> variables{{"REQUEST_METHOD", "GET"},
                                  {"REQUEST_URI", "/a\r\nb"},
                                  {"REMOTE_ADDR", "::1"},
                                  {"HTTP_X_FORWARDED_FOR", "9.9.9.9"},
                                  {"SERVER_PROTOCOL", "HTTP/1.1"}};
  RequestFacts facts;
};

TEST_F(Line, IsUwsgisUsualOne) {
  const LogSettings settings;
  const std::string line = RequestLog(settings).line(facts);
  EXPECT_THAT(line, HasSubstr("[pid: 12|app: 0|req: 4/5] ::1 () {10 vars in 99 bytes} ["));
  EXPECT_THAT(line,
              EndsWith("] GET /a\\x0d\\x0ab => generated 60 bytes in 7 msecs (HTTP/1.1 404) 2 "
                       "headers in 50 bytes (1 switches on core 0)"));
}

TEST_F(Line, OfNoApplication) {
  facts.app.reset();
  const LogSettings settings;
  EXPECT_THAT(RequestLog(settings).line(facts), HasSubstr("|app: -1|req: -1/5]"));
}

TEST_F(Line, WithMicrosecondsAndTheClientBehindAProxy) {
  LogSettings settings;
  settings.micros = settings.forwarded_for = true;
  facts.sent_file = true;
  const std::string line = RequestLog(settings).line(facts);
  EXPECT_THAT(line, HasSubstr("] 9.9.9.9 () "));
  EXPECT_THAT(line, HasSubstr("in 7654 micros via sendfile() (HTTP"));
}

TEST_F(Line, OfAFormat) {
  facts.log_variables["own"] = "set";
  EXPECT_EQ(with_format("%(method) %(uri) %(status) %(size) %(own) %(var.REMOTE_ADDR)"),
            "GET /a\\x0d\\x0ab 404 110 set ::1");
  EXPECT_EQ(with_format("%(none) %(user) 100% %(unclosed"), "- - 100% %(unclosed");
  EXPECT_EQ(with_format("%(msecs) %(micros) %(secs) %(wid)"), "7 7654 0.007654 3");
}

TEST_F(Line, IsWantedOrNot) {
  LogSettings settings;
  EXPECT_TRUE(RequestLog(settings).wants(facts));
  settings.all = false;
  EXPECT_FALSE(RequestLog(settings).wants(facts));
  settings.client_errors = true;
  EXPECT_TRUE(RequestLog(settings).wants(facts));
  facts.status = 500;
  EXPECT_FALSE(RequestLog(settings).wants(facts));
  settings.server_errors = true;
  EXPECT_TRUE(RequestLog(settings).wants(facts));
  facts.status = 200;
  facts.wants_line = true;
  EXPECT_TRUE(RequestLog(settings).wants(facts));
}

}  // namespace
}  // namespace reprise::compat
