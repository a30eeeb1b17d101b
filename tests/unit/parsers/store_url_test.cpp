#include "parsers/store_url/store_url.hpp"

#include <gtest/gtest.h>

namespace reprise::parsers::store_url {
namespace {

std::string text_of(const Server& server) {
  if (!server.path.empty()) return server.path;
  const std::string host = server.ipv6 ? "[" + server.host + "]" : server.host;
  return server.port ? host + ":" + std::to_string(*server.port) : host;
}

std::string servers(std::string_view text) {
  std::string all;
  for (const Server& server : parse(text).servers)
    all += (all.empty() ? "" : " ") + text_of(server);
  return all;
}

// "column: expected"
std::string refusal(std::string_view text) {
  try {
    parse(text);
  } catch (const SyntaxError& error) {
    return std::to_string(error.where.column) + ": " + error.what();
  }
  return "none";
}

TEST(StoreUrl, HasAnEngineAndServers) {
  EXPECT_EQ(parse("redis://a").engine, Engine::redis);
  EXPECT_FALSE(parse("redis://a").tls);
  EXPECT_TRUE(parse("rediss://a").tls);
  EXPECT_EQ(parse("memcached://a").engine, Engine::memcached);
  EXPECT_EQ(servers("redis://127.0.0.1:7000"), "127.0.0.1:7000");
  EXPECT_EQ(servers("memcached://a:1,b-c.example:65535,[::1]:3,[fe80::1],d"),
            "a:1 b-c.example:65535 [::1]:3 [fe80::1] d");
}

TEST(StoreUrl, HasUnixSockets) {
  EXPECT_EQ(servers("redis+unix:///run/redis.sock"), "/run/redis.sock");
  EXPECT_EQ(servers("memcached+unix:///run/a,@b?x=y"), "/run/a @b");
}

TEST(StoreUrl, HasParametersWithTheirPlaces) {
  const Url url = parse("redis://a:1?cluster=1&password-file=/etc/a=b?c");
  ASSERT_EQ(url.parameters.size(), 2U);
  EXPECT_EQ(url.parameters[0].key, "cluster");
  EXPECT_EQ(url.parameters[0].value, "1");
  EXPECT_EQ(url.parameters[0].key_at.column, 13U);
  EXPECT_EQ(url.parameters[1].key, "password-file");
  EXPECT_EQ(url.parameters[1].value, "/etc/a=b?c");
  EXPECT_EQ(url.parameters[1].value_at.column, 37U);
  EXPECT_EQ(parse("redis://a?user=").parameters[0].value, "");
}

TEST(StoreUrl, RefusesWhatItIsNot) {
  const std::string schemes =
      "redis://, rediss://, redis+unix://, memcached:// or memcached+unix://";
  EXPECT_EQ(refusal(""), "1: " + schemes);
  EXPECT_EQ(refusal("http://a"), "1: " + schemes);
  EXPECT_EQ(refusal("redis:a"), "1: " + schemes);
  EXPECT_EQ(refusal("redis://"), "9: host:port");
  EXPECT_EQ(refusal("redis://a:0x"), "12: the end of the text");
  EXPECT_EQ(refusal("redis://a:65536"), "11: a port from 1 to 65535");
  EXPECT_EQ(refusal("redis://a:"), "11: a port from 1 to 65535");
  EXPECT_EQ(refusal("redis://a,"), "11: host:port");
  EXPECT_EQ(refusal("redis://[::1"), "10: an IPv6 address and ']'");
  EXPECT_EQ(refusal("redis://user:pass@a"), "14: a port from 1 to 65535");
  EXPECT_EQ(refusal("redis+unix://run"), "14: an absolute path or @name");
  EXPECT_EQ(refusal("redis://a?"), "11: the name of a parameter");
  EXPECT_EQ(refusal("redis://a?db"), "13: '=' after the name");
  EXPECT_EQ(refusal("redis://a?db=1&"), "16: the name of a parameter");
  EXPECT_EQ(refusal(std::string("redis+unix:///a\0b", 17)), "16: the end of the text");
}

TEST(StoreUrl, HasABoundOfServers) {
  std::string text = "memcached://a";
  for (int i = 1; i < 64; ++i)
    text += ",a";
  EXPECT_EQ(parse(text).servers.size(), 64U);
  EXPECT_EQ(refusal(text + ",a"), "1: at most 64 servers");
}

}  // namespace
}  // namespace reprise::parsers::store_url
