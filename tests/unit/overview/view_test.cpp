#include "overview/view.hpp"

#include <sstream>
#include <stdexcept>

#include <boost/json.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace reprise::overview {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

// As compat/stats_json writes it.
constexpr char sealed_document[] = R"({
"version":"2.0.21-reprise","pid":7,"caches":[{"name":"ssl","items":120},{"name":"other","items":3}],
"sync":[{"cache":"ssl","nodes":[
    {"address":"10.0.0.2:7171","sent":40,"sent_bytes":9840,"refused":2,"failed":1},
    {"address":"10.0.0.3:7171","sent":43,"sent_bytes":9840,"refused":0,"failed":0}],
  "peers":[
    {"address":"10.0.0.2","received":90,"received_bytes":9,"applied":75,"last_packet_ms":12,
     "rejected":{"own":0,"replayed":4}},
    {"address":"10.0.0.66","received":5,"received_bytes":9,"applied":0,"last_packet_ms":9,
     "rejected":{"other_key":5}}],
  "sealed":{"node":4711,"name":"a1b2","keys":2,"pushes":9,
    "push_delay_us":{"count":75,"p50":1000,"p90":2000,"p99":3000},
    "pull_delay_us":{"count":9,"p50":310,"p90":500,"p99":812},
    "members":[
      {"address":"10.0.0.3:7171","node":3,"name":"c3","version":"0.2","heard_ms":9000,"items":80,
       "pushes":90,"sent":100,"missing":4,"keys":1,"clock_difference":-7200,"keys_shared":1,"hello_ms":9000},
      {"address":"10.0.0.2:7171","node":2,"name":"b2","version":"0.1","heard_ms":420,"items":119,
       "pushes":75,"sent":75,"missing":0,"keys":2,"clock_difference":0,"keys_shared":2,"hello_ms":421,
       "round_trip_us":310}],
    "heard":[{"address":"10.0.0.66:9","name":"ff","heard_ms":70000}]}}]})";

constexpr char plain_document[] = R"({"version":"2.0.21-reprise","pid":7,
"caches":[{"name":"default","items":5}],
"sync":[{"cache":"default","nodes":[
    {"address":"10.0.0.2:7171","sent":4,"refused":0,"failed":1},
    {"address":"10.0.0.9:1","sent":4,"refused":0,"failed":0},
    {"address":"10.0.0.9:2","sent":4,"refused":0,"failed":0},
    {"address":"[fd00::1]:7171","sent":6,"refused":0,"failed":0}],
  "peers":[
    {"address":"10.0.0.2","received":9,"applied":7,"last_packet_ms":61000,"rejected":{"short":2}},
    {"address":"10.0.0.9","received":1,"applied":1,"last_packet_ms":1500,"rejected":{}},
    {"address":"fd00::1","received":8,"applied":8,"last_packet_ms":3,"rejected":{}}]}]})";

std::string table(std::string_view document, bool coloured = false) {
  return as_table(read(document), coloured);
}

// The words of the line that begins with this one.
std::vector<std::string> line_of(const std::string& text, const std::string& first) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::vector<std::string> found;
    for (std::string word; words >> word;)
      found.push_back(word);
    if (!found.empty() && found.front() == first) return found;
  }
  return {};
}

TEST(OverviewTest, ASealedCacheHasALineForEachPeerLiveOnesFirst) {
  const std::string text = table(sealed_document);
  EXPECT_THAT(text, HasSubstr("cache ssl: sealed, node 4711, name a1b2, 2 secrets, 120 items, push "
                              "delay 1.00 ms p50, 3.00 ms p99, pull 0.31 ms p50, 0.81 ms p99\n"));
  EXPECT_THAT(line_of(text, "ADDRESS"),
              ElementsAre("ADDRESS", "NODE", "NAME", "STATE", "LAST", "LOSS", "MISSING", "RTT",
                          "SESSIONS", "VERSION", "CLOCK", "KEYS"));
  EXPECT_THAT(line_of(text, "10.0.0.2:7171"),
              ElementsAre("10.0.0.2:7171", "2", "b2", "live", "420", "ms", "0.0", "%", "0", "0.31",
                          "ms", "119", "0.1", "+0", "s", "2/2"));
  EXPECT_THAT(line_of(text, "10.0.0.3:7171"),
              ElementsAre("10.0.0.3:7171", "3", "c3", "live", "9.0", "s", "10.0", "%", "4", "-",
                          "80", "0.2", "-7200", "s", "1/2"));
  EXPECT_THAT(line_of(text, "10.0.0.66:9"), ElementsAre("10.0.0.66:9", "-", "ff", "heard", "70",
                                                        "s", "-", "-", "-", "-", "-", "-", "-"));
  EXPECT_LT(text.find("\n10.0.0.2:7171"), text.find("\n10.0.0.3:7171"));
  EXPECT_LT(text.find("\n10.0.0.3:7171"), text.find("\n10.0.0.66:9"));
}

TEST(OverviewTest, UnderTheTableStandsWhatNeedsAnOperator) {
  const std::string text = table(sealed_document);
  EXPECT_THAT(text, HasSubstr("\n  10.0.0.3:7171 lacks 1 of this node's 2 secrets\n"));
  EXPECT_THAT(text, HasSubstr("\n  10.0.0.2:7171: 3 datagrams could not be sent\n"));
  EXPECT_THAT(text, HasSubstr("\n  10.0.0.66: rejected other_key 5\n"));
  EXPECT_THAT(text, Not(HasSubstr("10.0.0.2:7171 lacks")));
}

TEST(OverviewTest, APeerWithASecretMoreIsNamed) {
  View view = read(sealed_document);
  view.caches[0].sealed->peers[0].keys = 3;
  EXPECT_THAT(as_table(view, false), HasSubstr("\n  10.0.0.2:7171 has 1 that this node lacks\n"));
}

TEST(OverviewTest, APeerThatHasSentNoHelloHasNothingToShowOfIt) {
  const View view = read(R"({"version":"v","pid":1,"sync":[{"cache":"c","sealed":{"keys":1,
      "members":[{"address":"a:1","heard_ms":1,"keys":0,"keys_shared":0,"items":0,
                  "clock_difference":0,"version":""}]}}]})");
  const Peer& peer = view.caches.at(0).sealed->peers.at(0);
  EXPECT_FALSE(peer.keys_shared || peer.sessions || peer.clock_difference || peer.loss());
  EXPECT_THAT(as_table(view, false), Not(HasSubstr("lacks")));
}

TEST(OverviewTest, APlainCacheHasWhatWasSentAndCameByAddress) {
  const std::string text = table(plain_document);
  EXPECT_THAT(text, HasSubstr("cache default: plain, 5 items\n"));
  EXPECT_THAT(line_of(text, "10.0.0.2:7171"),
              ElementsAre("10.0.0.2:7171", "4", "1", "9", "7", "61", "s", "short", "2"));
  EXPECT_THAT(line_of(text, "[fd00::1]:7171"),
              ElementsAre("[fd00::1]:7171", "6", "0", "8", "8", "3", "ms", "-"));
  // Which of the two nodes there it came from is not known.
  EXPECT_THAT(line_of(text, "10.0.0.9:1"), ElementsAre("10.0.0.9:1", "4", "0", "-", "-", "-", "-"));
  EXPECT_THAT(line_of(text, "10.0.0.9"),
              ElementsAre("10.0.0.9", "-", "-", "1", "1", "1.5", "s", "-"));
}

TEST(OverviewTest, ColoursAreForTerminalsAlone) {
  EXPECT_THAT(table(sealed_document, true),
              AllOf(HasSubstr("\033[31;1m1/2\033[0m"), HasSubstr("\033[31;1m10.0 %\033[0m"),
                    HasSubstr("\033[33;1mheard\033[0m")));
  EXPECT_THAT(table(sealed_document, false), Not(HasSubstr("\033")));
}

TEST(OverviewTest, WhatOthersWroteCommandsNoTerminal) {
  const std::string text = R"({"version":"v","pid":1,"sync":[{"cache":"c\u001b[2J","nodes":
      [{"address":"n\n\u009b1m","sent":1,"failed":2}],"peers":[{"address":"p\u0007","received":1,
      "rejected":{"r\u001b":1}}],"sealed":{"name":"\u007f","keys":2,
      "members":[{"address":"a\r\u202e:1","name":"\u0000","version":"0.1\u001b]0;x\u0007\ud83d\ude00",
      "hello_ms":1,"keys":1,"keys_shared":1}]}}]})";
  for (const std::string& shown : {table(text), as_json(read(text))}) {
    for (const char c : shown)
      EXPECT_TRUE(c == '\n' || (c >= ' ' && c <= '~')) << static_cast<int>(c);
  }
  EXPECT_THAT(table(text), HasSubstr("0.1\\x1b]0;x\\x07"));
  // In JSON it is what it was.
  const auto json = boost::json::parse(as_json(read(text)));
  EXPECT_EQ(json.at("caches").at(0).at("peers").at(0).at("version"), "0.1\x1b]0;x\x07\U0001f600");
  EXPECT_EQ(json.at("caches").at(0).at("peers").at(0).at("address"), "a\r\u202e:1");
}

TEST(OverviewTest, ALongTextIsCut) {
  const std::string text = table(R"({"version":"v","pid":1,"sync":[{"cache":")" +
                                 std::string(1000, 'x') + R"(","nodes":[]}]})");
  EXPECT_THAT(text, HasSubstr("cache " + std::string(61, 'x') + "...: plain"));
}

TEST(OverviewTest, AsJson) {
  const auto json = boost::json::parse(as_json(read(sealed_document)));
  const auto& cache = json.at("caches").at(0);
  EXPECT_EQ(cache.at("cache"), "ssl");
  EXPECT_EQ(cache.at("sealed"), true);
  EXPECT_EQ(cache.at("items"), 120);
  EXPECT_EQ(cache.at("pull_delay_us").at("p99"), 812);
  const auto& first = cache.at("peers").at(0);
  EXPECT_EQ(first.at("state"), "live");
  EXPECT_EQ(first.at("last_packet_ms"), 420);
  EXPECT_EQ(first.at("round_trip_us"), 310);
  EXPECT_EQ(first.at("keys_shared"), 2);
  const auto& second = cache.at("peers").at(1);
  EXPECT_EQ(second.at("loss"), 0.1);
  EXPECT_EQ(second.at("clock_difference"), -7200);
  EXPECT_TRUE(second.at("round_trip_us").is_null());
  EXPECT_EQ(cache.at("peers").at(2).at("state"), "heard");
  EXPECT_TRUE(cache.at("peers").at(2).at("node").is_null());
  EXPECT_EQ(cache.at("addresses").at(2).at("rejected").at("other_key"), 5);
  const auto plain = boost::json::parse(as_json(read(plain_document))).at("caches").at(0);
  EXPECT_EQ(plain.at("sealed"), false);
  EXPECT_FALSE(plain.as_object().contains("peers"));
}

TEST(OverviewTest, ANodeWithoutPeersSaysSo) {
  EXPECT_EQ(table(R"({"version":"2.0.21","pid":1})"), "no cache of this node has peers\n");
  EXPECT_EQ(as_json(read(R"({"version":"2.0.21","pid":1})")), R"({"caches":[]})");
}

TEST(OverviewTest, OnlyDocumentsAreRead) {
  for (const char* other : {"", "{", "[]", "7", "{}", "<html></html>", R"({"version":"1"})"})
    EXPECT_THROW(read(other), std::runtime_error) << other;
  EXPECT_THROW(read(std::string(100'000, '[')), std::runtime_error);
}

// Another program, or a later version, may have anything anywhere.
TEST(OverviewTest, MembersOfOtherTypesAreNothing) {
  const View view = read(R"({"version":1,"pid":{},"caches":7,"sync":[3,null,{"cache":4,"nodes":{},
      "peers":[7,{"address":[],"received":-4,"rejected":[]}],"sealed":{"node":-1,"keys":1.5,
      "push_delay_us":[],"members":[{"hello_ms":0,"items":"x","missing":18446744073709551615,
      "sent":18446744073709551615,"pushes":0,"clock_difference":-9223372036854775808,"heard_ms":1e300}]}}]})");
  ASSERT_EQ(view.caches.size(), 1u);
  EXPECT_EQ(view.caches[0].sealed->node, 0u);
  ASSERT_EQ(view.caches[0].sealed->peers.size(), 1u);
  EXPECT_DOUBLE_EQ(view.caches[0].sealed->peers[0].loss().value(), 1);
  EXPECT_FALSE(view.caches[0].addresses.at(0).received);
  EXPECT_THAT(as_table(view, false), HasSubstr("-9223372036854775808 s"));
}

}  // namespace
}  // namespace reprise::overview
