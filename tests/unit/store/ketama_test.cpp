#include "store/ketama.hpp"

#include <fstream>
#include <map>
#include <sstream>

#include <boost/json.hpp>
#include <gtest/gtest.h>

namespace reprise::store {
namespace {

TEST(Ketama, AgreesWithLibmemcached) {
  // Where libmemcached (its weighted ketama) put keys.
  std::ostringstream read;
  read << std::ifstream(TEST_DATA "/golden/store/ketama.json").rdbuf();
  const boost::json::value document = boost::json::parse(read.str());
  std::size_t compared = 0;
  for (const boost::json::value& one : document.as_array()) {
    std::vector<std::string> servers;
    for (const boost::json::value& server : one.at("servers").as_array())
      servers.emplace_back(std::string_view(server.as_string()));
    const Ketama ketama(servers);
    for (const auto& [key, server] : one.at("keys").as_object()) {
      EXPECT_EQ(ketama.server_of(key), server.to_number<std::size_t>()) << servers.size() << key;
      ++compared;
    }
  }
  EXPECT_EQ(compared, 160U);
}

TEST(Ketama, MovesFewKeysWhenAServerGoes) {
  const Ketama all({"a:1", "b:1", "c:1", "d:1"}), fewer({"a:1", "b:1", "c:1"});
  int moved = 0;
  for (int i = 0; i < 1000; ++i) {
    const std::string key = "key" + std::to_string(i);
    const std::size_t server = all.server_of(key);
    if (server != 3 && fewer.server_of(key) != server) ++moved;
  }
  EXPECT_LT(moved, 30);
}

TEST(Ketama, SpreadsKeysEvenly) {
  const Ketama ketama({"a:1", "b:1", "c:1"});
  std::map<std::size_t, int> keys;
  for (int i = 0; i < 3000; ++i)
    ++keys[ketama.server_of("key" + std::to_string(i))];
  for (const auto& [server, count] : keys)
    EXPECT_GT(count, 700) << server;
}

TEST(Ketama, DoesNotSayTheUsualPort) {
  const Ketama with({"a:11211", "b:11211"}), without({"a", "b"});
  for (int i = 0; i < 100; ++i) {
    const std::string key = "key" + std::to_string(i);
    EXPECT_EQ(with.server_of(key), without.server_of(key));
  }
}

}  // namespace
}  // namespace reprise::store
