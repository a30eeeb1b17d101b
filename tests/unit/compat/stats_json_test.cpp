#include "compat/stats_json.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>

#include <boost/json.hpp>
#include <gtest/gtest.h>

namespace reprise::compat {
namespace {

// Documents as uWSGI sent them, and "reprise*.json" with what we add.
std::string golden(const std::string& name) {
  std::ifstream file(TEST_DATA "/golden/stats/" + name, std::ios::binary);
  EXPECT_TRUE(file) << name;
  return {std::istreambuf_iterator<char>(file), {}};
}

// Without our members, which stand in a row before the sockets.
std::string without_ours(std::string document) {
  const auto line_of = [&](const char* member) {
    const std::size_t at = document.find(member);
    return at != std::string::npos && document[at - 1] == '\t' ? at - 1 : at;
  };
  const std::size_t begin = std::min(
      {line_of("\"cache\":"), line_of("\"sync\":"), line_of("\"tls\":"), line_of("\"routers\":")});
  return document.erase(begin, line_of("\"sockets\":") - begin);
}

// For documents of an instance with sockets and workers of its own.
std::string up_to_sockets(const std::string& document) {
  return document.substr(0, document.find("\"sockets\""));
}

stats::Snapshot snapshot(std::string version, std::uint64_t pid) {
  stats::Snapshot out;
  out.version = std::move(version);
  out.pid = pid;
  out.cwd = "/srv/rc";
  for (const char* name : {"user 0", "signal", "filemon", "timer", "rbtimer", "cron", "rpc"})
    out.locks.emplace_back(name, 0);
  return out;
}

stats::CacheSnapshot cache(std::string name, std::uint64_t items, std::uint64_t blocksize) {
  stats::CacheSnapshot out;
  out.name = std::move(name);
  out.hash = "djb33x";
  out.hashsize = 65536;
  out.keysize = 2048;
  out.max_items = out.blocks = items;
  out.blocksize = blocksize;
  return out;
}

stats::Snapshot setup_1() {
  stats::Snapshot out = snapshot("2.0.21", 19757);
  out.locks.emplace_back("cache_default", 0);
  out.locks.emplace_back("snmp", 0);
  out.caches.push_back(cache("default", 20000, 4096));
  out.caches[0].items = 5;
  out.caches[0].hits = 15;
  return out;
}

stats::Snapshot two_caches(std::uint64_t pid) {
  stats::Snapshot out = snapshot("2.0.21-debian", pid);
  for (const char* name : {"snmp", "cache_default", "cache_second"})
    out.locks.emplace_back(name, 0);
  out.caches = {cache("default", 100, 4096), cache("second", 50, 1024)};
  out.caches[1].hash = "murmur2";
  out.caches[1].hashsize = 1024;
  out.caches[1].blocks = 200;
  return out;
}

// Every number of ours different from the others.
stats::Snapshot with_all_of_ours() {
  stats::Snapshot out = two_caches(1);
  out.session_cache = 1;
  out.caches[1].items = 2;
  out.caches[1].hits = 3;
  out.caches[1].miss = 4;
  out.caches[1].full = 5;
  out.caches[1].evicted = 71;
  out.caches[1].expired = 72;
  out.caches[1].repaired = 73;
  out.caches[1].used_bytes = 74;
  out.caches[1].oldest_age = 75;
  out.caches[1].longest_hold_us = 76;
  out.caches[1].longest_repair_us = 77;
  out.caches[1].store = "/var/lib/store";
  out.tls = {11,
             12,
             13,
             14,
             19,
             22,
             {{"unknown", 15}, {"expired", 16}, {"other_context", 17}, {"untrusted", 23}},
             {{"not_tls", 20}, {"other", 21}},
             {24, 25, 18}};
  stats::SyncSnapshot sync{"second", 91, 92, 93, {{"own", 106}, {"full", 107}}, {}, {}, {}, {}, {}};
  sync.nodes = {{"192.168.173.2:7171", 94, 95, 96, 97}, {"192.168.173.3:7171", 98, 99, 100, 101}};
  sync.peers = {{"192.168.173.2", 102, 103, 104, 105, {{"own", 106}, {"full", 107}}},
                {"192.168.173.3", 0, 0, 0, {}, {{"own", 0}, {"full", 0}}}};
  sync.servers = {{"192.168.173.1:7171", 108}};
  sync.copy = {"in_part", "192.168.173.2:7172", 109, 110, 111, {{"own", 0}, {"full", 112}}};
  out.sync.push_back(sync);
  out.service = {{"192.168.173.1:7172", "/run/c.sock"},
                 113,
                 114,
                 115,
                 116,
                 117,
                 118,
                 119,
                 120,
                 121,
                 122,
                 123,
                 124,
                 201,
                 202};
  out.routers = {{1,
                  31,
                  0,
                  33,
                  34,
                  35,
                  36,
                  37,
                  38,
                  39,
                  40,
                  41,
                  42,
                  43,
                  44,
                  45,
                  46,
                  {{"head_bytes", 47}, {"body", 48}},
                  {{"400", 49}, {"502", 50}}},
                 {2,
                  51,
                  52,
                  53,
                  54,
                  55,
                  56,
                  57,
                  58,
                  59,
                  60,
                  61,
                  62,
                  63,
                  64,
                  65,
                  66,
                  {{"head_bytes", 67}, {"body", 68}},
                  {{"400", 69}, {"502", 70}}}};
  return out;
}

TEST(StatsJsonTest, IsUwsgisWithoutCaches) {
  stats::Snapshot out = snapshot("2.0.21-debian", 12368);
  out.cwd = "/srv/wk/run";
  out.locks.emplace_back("snmp", 0);
  EXPECT_EQ(without_ours(stats_json(out, /*minified=*/false)), golden("no-cache.json"));
}

TEST(StatsJsonTest, IsUwsgisForSetup1) {
  EXPECT_EQ(without_ours(stats_json(setup_1(), /*minified=*/false)), golden("setup1.json"));
}

TEST(StatsJsonTest, IsUwsgisWithTwoCaches) {
  stats::Snapshot out = two_caches(19873);
  for (stats::CacheSnapshot& each : out.caches)
    each.items = each.hits = 1;
  out.caches[0].miss = 1;
  out.caches[1].last_modified_at = 1795436053;
  const std::string ours = without_ours(stats_json(out, /*minified=*/false));
  EXPECT_EQ(up_to_sockets(ours), up_to_sockets(golden("two-caches.json")));
}

TEST(StatsJsonTest, IsUwsgisMinified) {
  const std::string ours = without_ours(stats_json(two_caches(4339), /*minified=*/true));
  EXPECT_EQ(up_to_sockets(ours), up_to_sockets(golden("two-caches-min.json")));
}

TEST(StatsJsonTest, OursStandsBetweenCachesAndSockets) {
  EXPECT_EQ(stats_json(with_all_of_ours(), /*minified=*/false), golden("reprise.json"));
  EXPECT_EQ(stats_json(with_all_of_ours(), /*minified=*/true), golden("reprise-min.json"));
}

TEST(StatsJsonTest, CacheIsTheSessionsOrTheFirst) {
  stats::Snapshot out = two_caches(1);
  const auto blocksize = [&] {
    const auto document = boost::json::parse(stats_json(out, /*minified=*/false));
    return document.at("cache").at("blocksize").as_int64();
  };
  EXPECT_EQ(blocksize(), 4096);
  out.session_cache = 1;
  EXPECT_EQ(blocksize(), 1024);
}

TEST(StatsJsonTest, NeitherCachesNorTlsWhereThereAreNone) {
  const auto document = boost::json::parse(stats_json({}, /*minified=*/false)).as_object();
  for (const char* name : {"caches", "cache", "sync", "tls"})
    EXPECT_FALSE(document.contains(name)) << name;
  EXPECT_TRUE(document.at("routers").as_array().empty());
}

TEST(StatsJsonTest, NumbersHave64Bits) {
  stats::Snapshot out = setup_1();
  out.caches[0].hits = UINT64_MAX;
  EXPECT_NE(stats_json(out, /*minified=*/true).find("\"hits\":18446744073709551615,"),
            std::string::npos);
}

// What a reader of JSON makes of a cache's name, as a value and as a part of a member's name.
std::string read_back(const std::string& name) {
  stats::Snapshot out = setup_1();
  out.caches[0].name = name;
  out.locks[0].first = name;
  const auto document = boost::json::parse(stats_json(out, /*minified=*/false));
  const auto value = document.at("caches").at(0).at("name").as_string();
  EXPECT_EQ(document.at("locks").at(0).as_object().begin()->key(), value);
  return std::string(value);
}

TEST(StatsJsonTest, AnyTextCanBeReadBack) {
  std::string controls;
  for (char c = 0; c < 0x20; ++c)
    controls += c;
  for (const std::string& name :
       {std::string("plain"), std::string(), std::string("\"\\/"), controls, std::string("\x7f"),
        std::string("\u00fc \u20ac \U0001f512 \uffff")}) {
    EXPECT_EQ(read_back(name), name);
  }
}

TEST(StatsJsonTest, EscapesAsUwsgiDoes) {
  stats::Snapshot out = setup_1();
  out.cwd = "\t\n\r\"\\/";
  EXPECT_NE(stats_json(out, /*minified=*/true).find(R"("cwd":"\t\n\r\"\\/",)"), std::string::npos);
}

TEST(StatsJsonTest, WhatIsNoUtf8IsReplaced) {
  for (const char* broken : {"\xff", "\x80", "\xc3", "\xe2\x82", "\xc0\xaf", "\xed\xa0\x80",
                             "\xe0\x80\x80", "\xf0\x80\x80\x80", "\xf4\x90\x80\x80", "\xf5"}) {
    const std::string back = read_back("a" + std::string(broken) + "z");
    EXPECT_TRUE(back.starts_with("a\ufffd")) << back;
    EXPECT_TRUE(back.ends_with("\ufffdz")) << back;
  }
}

TEST(StatsJsonTest, ASealedCacheTellsOfItsMembers) {
  stats::Snapshot out = with_all_of_ours();
  auto& sealed = out.sync.front().sealed.emplace();
  sealed.pulls = {{"found", 3}};
  sealed.pull_delay = {3, 200, 300, 400};
  sealed.members.emplace_back().clock_difference = -2;  // its clock is behind
  sealed.members.emplace_back().round_trip_us = 310;
  sealed.heard = {{"10.0.0.9:7171", "ab12", 1500}};
  const std::string text = stats_json(out, true);
  for (const char* part :
       {"\"clock_difference\":-2,\"sent\":0,\"keys_shared\":0}", "\"round_trip_us\":310}",
        "\"heard\":[{\"address\":\"10.0.0.9:7171\",\"name\":\"ab12\",\"heard_ms\":1500}]",
        "\"pulls\":{\"found\":3}",
        "\"pull_delay_us\":{\"count\":3,\"p50\":200,\"p90\":300,\"p99\":400}"})
    EXPECT_NE(text.find(part), std::string::npos) << part;
}

}  // namespace
}  // namespace reprise::compat
