#include "check/report.hpp"

#include <arpa/inet.h>

#include <boost/json.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "check/json.hpp"
#include "check/peers.hpp"
#include "check/text.hpp"

namespace reprise::check {
namespace {

namespace json = boost::json;

using compat::Code;
using compat::Finding;
using compat::Severity;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

Finding finding(Severity severity, std::size_t line, const std::string& message) {
  return {severity, Code::value, message, "mend it", "a.ini", line, 1, "x = 1\n^"};
}

Report report() {
  Report made;
  made.name = "a.ini";
  made.plan = {{"listener", ":1", {{"protocol", "http"}}}};
  made.findings = {finding(Severity::note, 1, "a note"), finding(Severity::error, 7, "an error"),
                   finding(Severity::warning, 3, "a warning"),
                   finding(Severity::error, 2, "one before")};
  return made;
}

TEST(ReportTest, ErrorsComeFirstInTheOrderOfTheLines) {
  Report made = report();
  made.findings.push_back(finding(Severity::error, 2, "one before"));
  tidy(made);
  ASSERT_EQ(made.findings.size(), 4u);
  EXPECT_EQ(made.findings[0].line, 2u);
  EXPECT_EQ(made.findings[1].line, 7u);
  EXPECT_EQ(made.findings[2].severity, Severity::warning);
}

TEST(ReportTest, TheWorstIsTheExitStatus) {
  Report clean, warned, failed = report();
  clean.findings = {finding(Severity::note, 1, "a note")};
  warned.findings = {finding(Severity::warning, 1, "a warning")};
  EXPECT_EQ(exit_status({}), 0);
  EXPECT_EQ(exit_status({clean}), 0);
  EXPECT_EQ(exit_status({clean, warned}), 1);
  EXPECT_EQ(exit_status({failed, clean, warned}), 2);
}

TEST(ReportTest, KeysAreNotShown) {
  const std::string pem = "-----BEGIN PRIVATE KEY-----\nsecret\n-----END PRIVATE KEY-----\n";
  Report made;
  made.findings = {finding(Severity::error, 1, "key " + pem + "is bad")};
  made.findings[0].excerpt = "https = :1,-----BEGIN PRIVATE KEY-----secret";
  made.plan = {{"listener", ":1", {{"key", pem}}}};
  tidy(made);
  for (const std::string& text : {as_text({made}, false), as_json({made})}) {
    EXPECT_THAT(text, Not(HasSubstr("secret")));
    EXPECT_THAT(text, HasSubstr("(inline PEM)"));
  }
}

TEST(ReportTest, TheDocumentForScripts) {
  Report made = report();
  tidy(made);
  const json::object document = json::parse(as_json({made})).as_object();
  EXPECT_EQ(document.at("form").to_number<int>(), 1);
  EXPECT_EQ(document.at("status").to_number<int>(), 2);
  const json::object& one = document.at("configurations").as_array().at(0).as_object();
  EXPECT_EQ(one.at("name"), "a.ini");
  EXPECT_EQ(one.at("result"), "fails");
  EXPECT_EQ(one.at("plan"),
            json::parse(R"([{"topic":"listener","subject":":1","facts":{"protocol":"http"}}])"));
  EXPECT_EQ(one.at("findings").as_array().at(0),
            json::parse(R"({"severity":"error","code":"value","file":"a.ini","line":2,"column":1,)"
                        R"("message":"one before","fix":"mend it"})"));
}

TEST(ReportTest, WhatIsNowhereIsNull) {
  Report made;
  made.findings = {{Severity::note, Code::stock, "so", "", "", 0, 0, ""}};
  const std::string text = as_json({made});
  EXPECT_THAT(text,
              HasSubstr(R"("file":null,"line":null,"column":null,"message":"so","fix":null)"));
}

TEST(ReportTest, BytesThatAreNoTextStayValid) {
  Report made;
  made.name = "\xFFn\xC3\xA4me\xC0\xAF\xED\xA0\x80\xF0\x9F\x98\x80\xE2\x82";
  const json::value document = json::parse(as_json({made}));
  EXPECT_EQ(document.at("configurations").at(0).at("name"),
            "\xEF\xBF\xBDn\xC3\xA4me\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"
            "\xF0\x9F\x98\x80\xEF\xBF\xBD\xEF\xBF\xBD");
}

TEST(ReportTest, ColoursAreOnlyForWhoWantsThem) {
  Report made = report();
  tidy(made);
  made.findings[0].message = "two\nlines \033[2J";
  const std::string plain = as_text({made}, false);
  EXPECT_THAT(plain, Not(HasSubstr("\033")));
  EXPECT_THAT(plain, HasSubstr("error: a.ini:2:1: two\n  lines \\x1b[2J\n      x = 1\n      ^\n"
                               "      fix: mend it\n"));
  EXPECT_THAT(as_text({made}, true), HasSubstr("\033[31;1merror\033[0m"));
}

net::Endpoint at(const char* address) {
  return net::resolve(address, net::Role::connect);
}

// A node at a port, which tells another one.
Report node(const char* server, const char* other, const std::string& context) {
  Report made;
  made.name = server;
  SharedCache cache{"ssl", {{at(server), ""}}, {at(other)}, {}};
  cache.listeners.push_back({":443", "", context, {}, false});
  made.shared.push_back(cache);
  return made;
}

std::vector<std::string> said(std::vector<Report> reports) {
  compare_peers(reports);
  std::vector<std::string> all;
  for (const Report& one : reports)
    for (const Finding& finding : one.findings)
      all.push_back(one.name + " " + finding.message);
  return all;
}

constexpr char first[] = "127.0.0.1:4141";
constexpr char second[] = "127.0.0.1:4242";

TEST(PeersTest, NodesOfOneContextShareTheirSessions) {
  EXPECT_THAT(said({node(first, second, "x"), node(second, first, "x")}), IsEmpty());
}

TEST(PeersTest, OtherContextsAreToldOnBothSides) {
  const auto all = said({node(first, second, "x"), node(second, first, "y")});
  ASSERT_EQ(all.size(), 2u);
  EXPECT_THAT(all[0], HasSubstr("127.0.0.1:4141 its sessions will not resume on 127.0.0.1:4242"));
  EXPECT_THAT(all[0], HasSubstr("\"x\", and \"y\""));
}

TEST(PeersTest, NodesThatDoNotMeetNeedNotAgree) {
  EXPECT_THAT(said({node(first, "127.0.0.1:1", "x"), node(second, "127.0.0.1:1", "y")}), IsEmpty());
}

TEST(PeersTest, ANodeThatHearsAndDoesNotTell) {
  const auto all = said({node(first, second, "x"), node(second, "127.0.0.1:1", "x")});
  ASSERT_EQ(all.size(), 1u);
  EXPECT_THAT(all[0], HasSubstr("127.0.0.1:4242 cache \"ssl\" hears of the sessions of"));
}

TEST(PeersTest, ClientCertificatesByOtherRules) {
  Report strict = node(second, first, "x");
  strict.shared[0].listeners[0].policy[0] = 1;
  EXPECT_EQ(said({node(first, second, "x"), strict}).size(), 2u);
}

}  // namespace
}  // namespace reprise::check
