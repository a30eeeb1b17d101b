#include "compat/stats_json.hpp"

#include <fstream>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace reprise::compat {
namespace {

using ::testing::HasSubstr;

std::string golden(const std::string& name) {
  std::ifstream file(std::string(TEST_DATA) + "/golden/stats/" + name);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

// Takes a member of the top level out, with the comma and line end behind it.
std::string without(std::string text, const std::string& key) {
  const std::size_t begin = text.find("\t\"" + key + "\":");
  std::size_t end = text.find("\n\t\"", begin + 1);
  return begin == std::string::npos ? text : text.erase(begin, end + 1 - begin);
}

stats::Snapshot setup_1() {
  stats::Snapshot s;
  s.version = "2.0.21";
  for (const char* lock : {"user 0", "signal", "filemon", "timer", "rbtimer", "cron", "rpc",
                           "cache_default", "snmp"}) {
    s.locks.emplace_back(lock, 0);
  }
  stats::CacheSnapshot cache;
  cache.name = "default";
  cache.hash = "djb33x";
  cache.hashsize = 65536;
  cache.keysize = 2048;
  cache.max_items = cache.blocks = 20000;
  cache.blocksize = 4096;
  cache.items = 5;
  cache.hits = 15;
  s.caches = {cache};
  s.session_cache = 0;
  s.tls.emplace();
  return s;
}

TEST(StatsJsonTest, Setup1IsUwsgisByteForByte) {
  std::string expected = golden("setup1.json");
  stats::Snapshot snapshot = setup_1();
  // What differs between any two runs.
  const auto number = [&](const std::string& key) {
    return std::stoull(expected.substr(expected.find("\"" + key + "\":") + key.size() + 3));
  };
  snapshot.pid = number("pid");
  const std::size_t cwd = expected.find("\"cwd\":\"") + 7;
  snapshot.cwd = expected.substr(cwd, expected.find('"', cwd) - cwd);
  std::string text = stats_json(snapshot, /*minified=*/false);
  for (const char* ours : {"cache", "tls", "routers"})
    text = without(text, ours);
  EXPECT_EQ(text, expected);
}

TEST(StatsJsonTest, MinifiedHasNoWhiteSpace) {
  const std::string text = stats_json(setup_1(), /*minified=*/true);
  EXPECT_EQ(text.find_first_of("\n\t"), std::string::npos);
  EXPECT_THAT(text, HasSubstr("\"sockets\":[],\"workers\":[]}"));
}

TEST(StatsJsonTest, NamesOfAnyBytesLeaveItValid) {
  stats::Snapshot snapshot = setup_1();
  snapshot.caches[0].name = "a\"b\\c\x07\xfc\t\xe2\x82\xac";
  EXPECT_THAT(stats_json(snapshot, true),
              HasSubstr("\"name\":\"a\\\"b\\\\c\\u0007\xef\xbf\xbd\\t\xe2\x82\xac\""));
}

}  // namespace
}  // namespace reprise::compat
