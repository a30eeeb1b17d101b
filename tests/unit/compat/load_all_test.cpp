// The loader as a check uses it: every mistake, and the notes beside uWSGI.
#include <map>
#include <system_error>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "compat/check_request.hpp"
#include "compat/load.hpp"
#include "compat/source.hpp"

namespace reprise::compat {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

class File final : public FileReader {
public:
  std::string text;
  std::string read(const std::string&, std::size_t) const override { return text; }
};

std::vector<Finding> findings(const std::string& ini, Severity severity) {
  File file;
  file.text = "[uwsgi]\n" + ini;
  const Loaded loaded = load_all({"reprise", "--ini", "a.ini"}, file, {});
  std::vector<Finding> found;
  for (const Finding& finding : loaded.findings)
    if (finding.severity == severity) found.push_back(finding);
  return found;
}

std::vector<Finding> of_code(const std::string& ini, Code code) {
  std::vector<Finding> found;
  for (const Finding& finding : findings(ini, Severity::note))
    if (finding.code == code) found.push_back(finding);
  return found;
}

constexpr char service[] = "master = true\nhttp = :1\nhttp-to = :2\n";

TEST(LoadAllTest, EveryMistakeOfTheOptionsIsAFinding) {
  const auto errors =
      findings("http-processes = 99\ncache2 = items=4\nchroot = /x\nhttp = :1\n", Severity::error);
  ASSERT_EQ(errors.size(), 3u);
  EXPECT_EQ(errors[0].code, Code::value);
  EXPECT_EQ(errors[0].file, "a.ini");
  EXPECT_EQ(errors[0].line, 2u);
  EXPECT_EQ(errors[0].column, 1u);
  EXPECT_EQ(errors[0].fix, "a number from 0 to 64 expected");
  EXPECT_THAT(errors[0].excerpt, HasSubstr("http-processes = 99\n^"));
  EXPECT_EQ(errors[1].message, "you have to specify a cache name");
  EXPECT_EQ(errors[2].code, Code::refused);
}

TEST(LoadAllTest, WhatIsMissingIsSaidOnlyIfNothingElseIsWrong) {
  EXPECT_EQ(findings("http = x:y:z\n", Severity::error).size(), 1u);
  const auto nothing = findings("master = true\n", Severity::error);
  ASSERT_EQ(nothing.size(), 1u);
  EXPECT_EQ(nothing[0].code, Code::whole);
  EXPECT_EQ(nothing[0].file, "");
}

TEST(LoadAllTest, ASlipAndALineThatComesTooLate) {
  const auto warnings = findings(std::string(service) + "htpt-to = :3\n", Severity::warning);
  ASSERT_EQ(warnings.size(), 1u);
  EXPECT_EQ(warnings[0].code, Code::unknown);
  EXPECT_EQ(warnings[0].fix, "did you mean \"http-to\"?");
  const auto late =
      findings("https = :1,a,b\nhttps-session-context = x\nhttp-to = :2\n", Severity::warning);
  ASSERT_EQ(late.size(), 1u);
  EXPECT_EQ(late[0].code, Code::order);
  EXPECT_EQ(late[0].line, 3u);
  EXPECT_EQ(late[0].fix, "move it above line 2");
}

TEST(LoadAllTest, OptionBitsWithAnotherMeaning) {
  const std::string https = "https = :1,a,b\nhttp-to = :2\n";
  const auto warnings = findings("ssl-option = 16777216\n" + https, Severity::warning);
  ASSERT_EQ(warnings.size(), 1u);
  EXPECT_EQ(warnings[0].code, Code::ssl_option);
  EXPECT_THAT(warnings[0].message, HasSubstr("was NO_SSLv2 in OpenSSL 1.0 and is NO_ANTI_REPLAY"));
  EXPECT_THAT(findings("ssl-option = 536870912\n" + https, Severity::warning), IsEmpty());
  EXPECT_THAT(findings("ssl-option = 4194304\n" + https, Severity::warning), IsEmpty());
}

TEST(LoadAllTest, PeersBelowTheirListenerAreNothingToUwsgi) {
  const std::string above = "cache = 10\nssl-sessions-use-cache = true\n";
  const std::string node = "cache-udp-node = 127.0.0.1:7\n";
  const auto is_of_order = [](const Finding& finding) {
    return finding.message.find("was made by the https of line") != std::string::npos;
  };
  const auto below = of_code(above + "https = :1,a,b\n" + node, Code::stock);
  EXPECT_EQ(std::count_if(below.begin(), below.end(), is_of_order), 1);
  const auto before = of_code(above + node + "https = :1,a,b\n", Code::stock);
  EXPECT_EQ(std::count_if(before.begin(), before.end(), is_of_order), 0);
}

TEST(LoadAllTest, WhatShippedUwsgiLacks) {
  const auto said = [](const std::string& ini, const char* words) {
    for (const Finding& finding : of_code(ini, Code::stock))
      if (finding.message.find(words) != std::string::npos) return true;
    return false;
  };
  EXPECT_TRUE(said(service, "SIGTERM reloads"));
  EXPECT_FALSE(said(std::string(service) + "die-on-term = true\n", "SIGTERM reloads"));
  EXPECT_FALSE(said(service, "without master"));
  EXPECT_TRUE(said("http = :1\nhttp-to = :2\n", "without master = true"));
  EXPECT_FALSE(said("http = :1\nhttp-to = :2\nstats = :3\n", "without master = true"));
  EXPECT_TRUE(said(service, "does not know http, http-to without plugins = http"));
  EXPECT_FALSE(said("plugins = http\n" + std::string(service), "without plugins"));
  EXPECT_TRUE(said("ssl-sessions-use-cache = true\n" + std::string(service), "OpenSSL 1.1"));
}

TEST(CheckRequestTest, EachWordIsAConfigurationWithAllFlags) {
  const auto request = check_request(
      {"reprise", "a.ini", "--check", "-p", "4", "--listen", "9", "--check-format=json", "b.ini"});
  ASSERT_TRUE(request);
  EXPECT_TRUE(request->as_json);
  EXPECT_THAT(
      request->configurations,
      ElementsAre(Pair("a.ini", ElementsAre("reprise", "-p", "4", "--listen", "9", "a.ini")),
                  Pair("b.ini", ElementsAre("reprise", "-p", "4", "--listen", "9", "b.ini"))));
}

TEST(CheckRequestTest, FlagsAloneAreOne) {
  const auto request = check_request({"reprise", "--ini", "a.ini", "--master", "--check"});
  ASSERT_TRUE(request);
  EXPECT_FALSE(request->as_json);
  EXPECT_THAT(request->configurations,
              ElementsAre(Pair("a.ini", ElementsAre("reprise", "--ini", "a.ini", "--master"))));
}

TEST(CheckRequestTest, AValueIsNoFlag) {
  EXPECT_FALSE(check_request({"reprise", "--procname", "--check", "a.ini"}));
  EXPECT_FALSE(check_request({"reprise", "--", "--check"}));
  EXPECT_FALSE(check_request({"reprise", "--check-static", "/x"}));
  const auto declared =
      check_request({"reprise", "--declare-option", "mine=http=$1", "--mine", ":1", "--check"});
  ASSERT_TRUE(declared);
  EXPECT_EQ(declared->configurations.size(), 1u);
}

TEST(CheckRequestTest, AnotherFormatIsRefused) {
  EXPECT_THROW(check_request({"reprise", "--check-format", "yaml"}), ConfigurationError);
}

}  // namespace
}  // namespace reprise::compat
